from django.db import connection


def count_queries(get_response):
    """Tell in a header how many statements the request sent; only while they are counted, not while it is timed."""

    def counted(request):
        statements = []

        def note(execute, sql, parameters, many, context):
            statements.append(sql)
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(note):
            response = get_response(request)
        response["X-Queries"] = str(len(statements))
        return response

    return counted
