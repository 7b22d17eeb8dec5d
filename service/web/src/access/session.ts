// Signing in: a key goes to the service once and becomes a cookie that no script can read; it is kept nowhere here.

import { json } from "../api/client";
import { PATH, setSignedOut, type Session } from "./state";

export const getSession = (options?: RequestInit) => json<Session>(PATH, options);

export async function signIn(key: string): Promise<Session> {
  const session = await json<Session>(PATH, { method: "POST", headers: { Authorization: `Bearer ${key.trim()}` } });
  setSignedOut(false);
  return session;
}

export async function signOut(): Promise<void> {
  await fetch(PATH, { method: "DELETE" });
  setSignedOut(true);
}
