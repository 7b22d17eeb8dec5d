// What stands over all views while somebody reads blinded, and in the place of those that would tell the answer.

import type { ComponentType } from "preact";
import { useLocation } from "preact-iso";
import { useLayoutEffect } from "preact/hooks";
import { text } from "../strings";
import { asksBlinded, begin, leave, useSitting } from "./sitting";

const PROCEDURE = /^\/procedures\/([^/]+)$/;

// An address that asks for it begins a sitting.
export function useAskedSitting(): void {
  const { path, url } = useLocation();
  useLayoutEffect(() => {
    if (asksBlinded(new URL(url, location.origin).search)) begin(PROCEDURE.exec(path)?.[1]);
  }, [path, url]);
}

export function BlindedBanner() {
  const sitting = useSitting();
  const { path, route } = useLocation();
  if (sitting === null) return null;
  const words = text.review;
  const out = () => {
    leave();
    if (path === "/") route("/", true);
  };
  return (
    <p class="blinded-banner" id="blinded-banner" role="note">
      <strong>{words.blindedTitle}</strong> <span>{words.sitting.note}</span>
      <button type="button" id="leave-blinded" onClick={out}>{words.leaveBlinded}</button>
    </p>
  );
}

// A view that tells answers, closed while they are to stay hidden.
export function telling<P extends object>(View: ComponentType<P>): ComponentType<P> {
  return function Telling(props: P) {
    return useSitting() === null ? <View {...props} /> : <Closed />;
  };
}

function Closed() {
  const words = text.review.sitting;
  return (
    <div class="state" id="closed">
      <strong>{words.closed}</strong>
      <p>{words.closedWhy}</p>
      <p><a href="/">{text.notFound.back}</a></p>
    </div>
  );
}
