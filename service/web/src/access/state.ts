// Whether the service asks who is there. Calls say so when they are refused; the frame of the views listens.

import type { components } from "../api/schema";

export const PATH = "/v1/session";

export type Session = components["schemas"]["SessionAnswer"];

const changes = new EventTarget();
let out = false;
let session: Session | null = null;

export function isSignedOut(): boolean {
  return out;
}

export function setSignedOut(now: boolean): void {
  if (out === now) return;
  out = now;
  changes.dispatchEvent(new Event("change"));
}

export function keepSession(now: Session | null): void {
  session = now;
  changes.dispatchEvent(new Event("change"));
}

// Whether whoever is signed in may take away what readers and auditors may; true until that is known.
export function mayReview(): boolean {
  return session === null || session.roles.some((role) => role !== "workstation");
}

export function onChange(listener: () => void): () => void {
  changes.addEventListener("change", listener);
  return () => changes.removeEventListener("change", listener);
}
