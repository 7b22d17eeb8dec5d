// Keys of a view, while it is shown. What a control does with a key by itself goes before.

import { useLayoutEffect, useRef } from "preact/hooks";

export type Keys = Readonly<Record<string, () => void>>;

const TYPING = "input:not([type=checkbox]):not([type=range]), select, textarea";
const PRESSING = "button, a, summary, input, select";

export function isTaken(target: Element, key: string): boolean {
  if (target.closest("dialog[open]") !== null || target.matches(TYPING)) return true;
  if (target.matches("input[type=range]")) return key.startsWith("Arrow") || key === "Home" || key === "End";
  return (key === " " || key === "Enter") && target.matches(PRESSING);
}

export function useKeys(keys: Keys): void {
  const newest = useRef(keys);
  newest.current = keys;
  // Heard from when the view is in the document on: a key pressed before its first painting counts, too.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof Element)) return;
      const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
      const act = newest.current[key];
      if (act === undefined || isTaken(event.target, event.key)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
