// The first journey through Infloo, with the client that `npm run build` generates from docs/openapi.json.
// node build/journey.js http://127.0.0.1:8000
import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

type Client = ReturnType<typeof createClient<paths>>;
type Problem = components["schemas"]["ErrorOut"];

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8000";
const stamp = Date.now().toString(36);

/** What a call answered, or the sentence for the person who made it. */
async function done<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) {
    const problem = error as Problem;
    throw new Error(`${response.status} ${problem.code}: ${problem.detail}`);
  }
  return data as T;
}

async function join(name: string, role: string): Promise<{ id: number; client: Client }> {
  const username = `${name}_${stamp}`;
  const password = "Secret@123";
  const stranger = createClient<paths>({ baseUrl });
  const registration = { username, email: `${username}@example.com`, password, role };
  await done(stranger.POST("/api/v1/users/auth/register", { body: registration }));
  const login = await done(stranger.POST("/api/v1/users/auth/login", { body: { username, password } }));
  const headers = { Authorization: `Bearer ${login.data.access}` };
  return { id: login.data.user.id, client: createClient<paths>({ baseUrl, headers }) };
}

function same(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} is not ${String(wanted)}`);
  console.log(`ok: ${what}`);
}

const brand = await join("brand", "brand");
const alice = await join("alice", "influencer");

const request = await done(alice.client.POST("/api/v1/connections/request", { body: { receiver_id: brand.id } }));
const answer = await done(
  brand.client.PATCH("/api/v1/connections/{connection_id}/action", {
    params: { path: { connection_id: request.data.id } },
    body: { status: "accepted" },
  }),
);
same(answer.data.status, "accepted", "the brand accepts a connection");

const event = await done(
  brand.client.POST("/api/v1/events", {
    body: { title: "Summer Launch", date: "2099-06-01T18:00:00Z", location: "New York, NY", capacity: 100 },
  }),
);
const joined = await done(
  alice.client.POST("/api/v1/events/{event_id}/join", {
    params: { path: { event_id: event.data.id } },
    body: { status: "going" },
  }),
);
same(joined.data.status, "going", "alice is going to the event");

const { cursor } = (await done(brand.client.GET("/api/v1/stream/poll"))).data;
const sent = await done(alice.client.POST("/api/v1/chat", { body: { receiver_id: brand.id, content: "Hello" } }));
same(sent.data.content, "Hello", "alice writes to the brand");

const news = await done(brand.client.GET("/api/v1/stream/poll", { params: { query: { cursor, wait: 5 } } }));
const told = news.data.events.find((one) => one.event === "message");
same(told?.event === "message" && told.data.sender.id, alice.id, "the brand's log tells of it");

const history = await done(brand.client.GET("/api/v1/chat", { params: { query: { user_id: alice.id } } }));
same(history.data.at(-1)?.id, sent.data.id, "the brand reads it");

const refused = await alice.client.POST("/api/v1/events", {
  body: { title: "Mine", date: "2099-06-01T18:00:00Z", location: "Here" },
});
same(refused.error?.status_code, 403, "alice may not host events");
