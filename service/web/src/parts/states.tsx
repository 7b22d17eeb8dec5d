// What a view shows while it has nothing to show.

import { Refused } from "../api/client";
import { text } from "../strings";

export function Loading({ words = text.loading }: { words?: string }) {
  return <div class="state" role="status"><span class="spinner" aria-hidden="true" />{words}</div>;
}

const NOT_FOUND = 404;

// What is not there does not come by being asked for again.
export function Failed({ error, again }: { error: Error; again?: () => void }) {
  const gone = error instanceof Refused && error.problem.status === NOT_FOUND;
  return (
    <div class="state failed" role="alert">
      <strong>{error instanceof Refused ? error.problem.title : text.error.title}</strong>
      <p>{sentence(error.message)}</p>
      {again && !gone ? <button type="button" onClick={again}>{text.error.retry}</button> : null}
      {gone ? <p><a href="/">{text.notFound.back}</a></p> : null}
    </div>
  );
}

// The service says why in a clause; here it stands alone.
export function sentence(said: string): string {
  const begun = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.!?…]$/.test(begun) || begun === "" ? begun : `${begun}.`;
}

export function Empty({ title, words }: { title?: string; words: string }) {
  return <div class="state">{title ? <strong>{title}</strong> : null}<p>{words}</p></div>;
}

export function NotFound() {
  return <div class="state"><strong>{text.notFound.title}</strong><p><a href="/">{text.notFound.back}</a></p></div>;
}

export function NotLoaded() {
  return <Failed error={new Error(text.error.notLoaded)} again={() => location.reload()} />;
}
