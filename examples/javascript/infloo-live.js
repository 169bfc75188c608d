/**
 * Infloo's live events for a web page or an app. Copy this file; it needs nothing else.
 *
 *     const live = new Live("https://infloo.example", { token, refresh: newToken, cursor: saved, onReset: loadAll });
 *     const reason = await live.listen((event) => { show(event); save(live.cursor); });
 *     if (reason === "session_ended") signInAgain();
 *
 * It streams, goes on where it was cut off, and polls while streams do not get through. It streams with `fetch`, not
 * with `EventSource`, which can neither send a token as a header nor tell why it was refused. Where `fetch` cannot
 * stream, as in plain React Native, it polls.
 */

/**
 * @typedef {object} Event
 * @property {string} name
 * @property {any} data
 * @property {string | null} id null for what is told once and stored nowhere: `typing`
 */

/** @typedef {(event: Event) => unknown} Handler */

/** @typedef {"stopped" | "session_ended" | "too_many"} Reason by `stop`; sign in again; of one person's streams */

/**
 * @typedef {object} Options
 * @property {string | null} [token] none where the page's cookies say who it is
 * @property {() => Promise<string | null>} [refresh] brings a new access token, or null when it renewed the cookies
 * @property {string | null} [cursor] where to go on; without it one begins at now
 * @property {() => unknown} [onReset] loads all that is shown anew: events are missing
 */

/** The server says something at least every 20 seconds: a stream that is silent for so long is dead. */
const SILENCE_MS = 30_000;
const LONGEST_PAUSE_MS = 60_000;
const CAN_STREAM = "body" in Response.prototype;

class Refused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`The server answered ${status}.`);
    this.status = status;
  }
}

class Ended extends Error {
  /** @param {Reason} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** What the app's own handler throws is the app's. */
class HandlerFailed extends Error {}

export class Live {
  /** After so many streams in a row that brought nothing it polls, */
  streamTries = 2;
  /** for so long, and then tries a stream again. */
  pollMs = 60_000;
  wait = 25;
  limit = 100;

  retryMs = 2000;
  failures = 0;
  streamFailures = 0;
  needsToken = false;
  hasNewToken = false;
  isStopped = false;
  abort = new AbortController();
  wake = () => {};
  /** @type {Handler} */
  onEvent = () => undefined;

  /**
   * @param {string} site
   * @param {Options} [options]
   */
  constructor(site, { token = null, refresh, cursor = null, onReset = () => {} } = {}) {
    this.base = `${site.replace(/\/$/, "")}/api/v1`;
    this.token = token;
    this.refresh = refresh;
    this.cursor = cursor;
    this.onReset = onReset;
  }

  /**
   * Hands over each event once and in order, one after the other; ends with the reason.
   *
   * @param {Handler} onEvent
   * @returns {Promise<Reason>}
   */
  async listen(onEvent) {
    this.onEvent = onEvent;
    this.isStopped = false;
    const online = () => this.wake();
    globalThis.addEventListener?.("online", online);
    try {
      while (!this.isStopped) await this.turn();
      return "stopped";
    } catch (error) {
      if (error instanceof Ended) return error.reason;
      throw error instanceof HandlerFailed ? error.cause : error;
    } finally {
      globalThis.removeEventListener?.("online", online);
    }
  }

  stop() {
    this.isStopped = true;
    this.abort.abort();
    this.wake();
  }

  /** One stream, or a while of polls, up to its end. */
  async turn() {
    const isPolling = !CAN_STREAM || this.streamFailures >= this.streamTries;
    try {
      if (this.needsToken) await this.renewToken();
      await (isPolling ? this.polls() : this.stream());
    } catch (error) {
      if (error instanceof Ended || error instanceof HandlerFailed) throw error;
      if (this.isStopped) throw new Ended("stopped");
      const isUnknown = error instanceof Refused && error.status === 401;
      this.needsToken ||= isUnknown;
      if (!isUnknown) await this.backOff(isPolling);
    } finally {
      this.abort.abort();
    }
  }

  async stream() {
    const answer = await this.ask("/stream", this.cursor === null ? {} : { "Last-Event-ID": this.cursor });
    if (!answer.headers.get("Content-Type")?.startsWith("text/event-stream") || !answer.body) {
      throw new Error("This is no stream.");
    }
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await this.within(SILENCE_MS, reader.read());
      if (done) break;
      const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) await this.read(fieldsOf(block));
    }
    if (!this.needsToken) throw new Error("The stream was cut off.");
  }

  /** @param {Record<string, string>} block */
  async read({ event, id, retry, data = "null" }) {
    this.noteSuccess();
    this.streamFailures = 0;
    if (event === "closed") return this.close(JSON.parse(data).reason);
    if (event === "reset") await this.onReset(); // if this fails, the old cursor brings the reset again
    if (retry) this.retryMs = Number(retry);
    if (id) this.cursor = id;
    if (event && event !== "reset") await this.deliver({ name: event, data: JSON.parse(data), id: id ?? null });
  }

  /**
   * After anything else, such as `shutdown`, one comes back like after a cut.
   *
   * @param {string} reason
   */
  close(reason) {
    if (reason === "session_ended" || reason === "too_many") throw new Ended(reason);
    this.needsToken = reason === "token_expired";
  }

  async polls() {
    const until = Date.now() + this.pollMs;
    do await this.poll();
    while (Date.now() < until);
    this.streamFailures = this.streamTries - 1;
  }

  async poll() {
    // Without a cursor one begins at now. The first answer tells where that is, so it must not wait.
    const place = this.cursor === null ? "" : `&cursor=${encodeURIComponent(this.cursor)}&wait=${this.wait}`;
    const started = Date.now();
    const answer = await this.ask(`/stream/poll?limit=${this.limit}${place}`);
    const { data } = await this.within(SILENCE_MS, answer.json());
    this.noteSuccess();
    if (data.reset) await this.onReset();
    for (const { id, event, data: item } of data.events) {
      this.cursor = id;
      await this.deliver({ name: event, data: item, id });
    }
    const isIdle = !data.events.length && data.cursor === this.cursor;
    this.cursor = data.cursor;
    if (isIdle && Date.now() - started < 1000) await this.sleep(this.pause()); // a server that does not wait
  }

  /** @param {Event} event */
  async deliver(event) {
    try {
      await this.onEvent(event);
    } catch (error) {
      throw new HandlerFailed("", { cause: error });
    }
    if (this.isStopped) throw new Ended("stopped");
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} [headers]
   */
  async ask(path, headers = {}) {
    if (this.isStopped) throw new Ended("stopped");
    this.abort = new AbortController();
    if (this.token !== null) headers = { ...headers, Authorization: `Bearer ${this.token}` };
    const options = { headers, signal: this.abort.signal };
    const answer = await this.within(this.wait * 1000 + SILENCE_MS, fetch(this.base + path, options));
    if (!answer.ok) throw new Refused(answer.status);
    return answer;
  }

  /**
   * @template T
   * @param {number} milliseconds
   * @param {Promise<T>} promise
   */
  async within(milliseconds, promise) {
    const timer = setTimeout(() => this.abort.abort(), milliseconds);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  noteSuccess() {
    this.failures = 0;
    this.hasNewToken = false;
  }

  /**
   * Where polls fail as well, it is not the streams.
   *
   * @param {boolean} isPolling
   */
  async backOff(isPolling) {
    this.streamFailures = isPolling ? 0 : this.streamFailures + 1;
    this.failures += 1;
    await this.sleep(this.pause());
  }

  /** Longer each time, and not the same for everybody: nobody wants to be met by all at once. */
  pause() {
    const longest = Math.min(this.retryMs * 2 ** this.failures, LONGEST_PAUSE_MS);
    return (longest * (1 + Math.random())) / 2;
  }

  /**
   * Or until the network is back.
   *
   * @param {number} milliseconds
   */
  async sleep(milliseconds) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    await new Promise((resolve) => {
      this.wake = () => resolve(undefined);
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    if (this.isStopped) throw new Ended("stopped");
  }

  /** A new token that is refused as well is the end. So is a `refresh` that throws with such a `status`. */
  async renewToken() {
    if (!this.refresh || this.hasNewToken) throw new Ended("session_ended");
    try {
      this.token = await this.refresh();
    } catch (error) {
      const status = /** @type {{ status?: number } | null} */ (error)?.status ?? 0;
      if ([400, 401, 403].includes(status)) throw new Ended("session_ended");
      throw error;
    }
    this.needsToken = false;
    this.hasNewToken = true;
  }
}

/**
 * The fields of a server-sent event; none for a comment, which says that the stream is alive.
 *
 * @param {string} block
 * @returns {Record<string, string>}
 */
function fieldsOf(block) {
  const lines = block.split("\n").filter((line) => line && !line.startsWith(":"));
  return Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/, 2)));
}
