// Whether the service asks who is there. Calls say so when they are refused; the frame of the views listens.

export const PATH = "/v1/session";

export interface Session {
  readonly required: boolean;
  readonly who: string;
  readonly roles: readonly string[];
  readonly until: string | null;
  readonly signed_in: boolean;
}

const changes = new EventTarget();
let out = false;

export function isSignedOut(): boolean {
  return out;
}

export function setSignedOut(now: boolean): void {
  if (out === now) return;
  out = now;
  changes.dispatchEvent(new Event("change"));
}

export function onChange(listener: () => void): () => void {
  changes.addEventListener("change", listener);
  return () => changes.removeEventListener("change", listener);
}
