// The JSON API in a few lines: a session in memory, asked for again when it has run out.

/** What went wrong, in the visitor's language, and what to do next. */
export class PortalError extends Error {
  constructor({ type, message, advice }) {
    super(`${message}. ${advice}`);
    this.type = type;
  }
}

export class Portal {
  #token = null;
  #visitor = null;

  /** `identify` asks our own server who is logged in: `{url, email, hash}`. */
  constructor(identify) {
    this.identify = identify;
  }

  /** GET below /api/me. */
  read(path, query = {}) {
    return this.#again(`${path}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value))}`);
  }

  /** POST below /api/me. */
  send(path, body) {
    const headers = { "Content-Type": "application/json" };
    return this.#again(path, { method: "POST", body: JSON.stringify(body), headers });
  }

  /** A session that has run out is replaced once; such a call has changed nothing. */
  async #again(path, how = {}) {
    const first = await this.#ask(path, how);
    if (first.status !== 401) return answerOf(first);
    this.#token = null;
    return answerOf(await this.#ask(path, how));
  }

  async #ask(path, how) {
    const { url, token } = (this.#token ??= await this.#enter());
    return fetch(`${url}/api/me${path}`, { ...how, headers: { ...how.headers, Authorization: `Bearer ${token}` } });
  }

  async #enter() {
    const { url, ...credentials } = await this.identify();
    const answer = await fetch(`${url}/api/me/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    });
    const { token, visitor } = await answerOf(answer);
    if (this.#visitor && visitor !== this.#visitor) return startOver();
    this.#visitor = visitor;
    return { url, token };
  }
}

/** Somebody else is logged in by now: what the page shows, and what was asked, is not theirs. */
function startOver() {
  location.reload();
  return new Promise(() => {});
}

async function answerOf(answer) {
  const body = await answer.json();
  if (!answer.ok) throw new PortalError(body.error);
  return body;
}
