// What a view shows while it has nothing to show.

import { text } from "../strings";

export function Loading({ words = text.loading }: { words?: string }) {
  return <div class="state" role="status"><span class="spinner" aria-hidden="true" />{words}</div>;
}

export function Failed({ error, again }: { error: Error; again?: () => void }) {
  return (
    <div class="state failed" role="alert">
      <strong>{text.error.title}</strong>
      <p>{error.message}</p>
      {again ? <button type="button" onClick={again}>{text.error.retry}</button> : null}
    </div>
  );
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
