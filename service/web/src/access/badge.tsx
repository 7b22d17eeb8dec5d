// Who is signed in, and the way out; nothing while access is off.

import { useEffect, useState } from "preact/hooks";
import { text } from "../strings";
import { useSignedOut } from "./guard";
import { getSession, signOut } from "./session";
import { keepSession, type Session } from "./state";

export function Badge() {
  const out = useSignedOut();
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    const stopping = new AbortController();
    // A refusal has been announced by then; a service that is away is told of elsewhere.
    const know = (now: Session | null) => { setSession(now); keepSession(now); };
    getSession({ signal: stopping.signal }).then(know, () => { if (!stopping.signal.aborted) know(null); });
    return () => stopping.abort();
  }, [out]);
  if (out || session === null || !session.required) return null;
  return (
    <span class="badge">
      <span title={session.who}>{session.roles.join(", ")}</span>
      {session.signed_in ? <button type="button" onClick={() => void signOut()}>{text.access.signOut}</button> : null}
    </span>
  );
}
