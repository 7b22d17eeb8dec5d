// Shows the views, or where to sign in once the service has asked who is there.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../strings";
import { signIn } from "./session";
import { isSignedOut, mayReview, onChange } from "./state";

function useFollowed(read: () => boolean): boolean {
  const [now, setNow] = useState(read);
  useEffect(() => {
    setNow(read());
    return onChange(() => setNow(read()));
  }, [read]);
  return now;
}

export const useSignedOut = () => useFollowed(isSignedOut);
export const useMayReview = () => useFollowed(mayReview);

export function Guard({ children }: { children: ComponentChildren }) {
  return useSignedOut() ? <SignIn /> : <>{children}</>;
}

function SignIn() {
  const field = useRef<HTMLInputElement>(null);
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const input = field.current;
    if (input === null || input.value.trim() === "") return;
    setBusy(true);
    try {
      await signIn(input.value);
    } catch (error) {
      setMessage(error instanceof Error ? error.message : String(error));
      input.value = "";
      input.focus();
    }
    setBusy(false);
  };
  return (
    <form class="panel sign-in" aria-labelledby="sign-in-title" onSubmit={(event) => void submit(event)}>
      <h2 id="sign-in-title">{text.access.title}</h2>
      <p>{text.access.words}</p>
      <label for="access-key">{text.access.key}</label>
      <input id="access-key" ref={field} type="password" autocomplete="off" spellcheck={false} required />
      <p class="message" role="alert">{message}</p>
      <button class="primary" type="submit" disabled={busy}>{text.access.signIn}</button>
    </form>
  );
}
