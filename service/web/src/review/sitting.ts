// A sitting of blinded reading, kept by this tab of the browser: no view tells what the model or others said until it is
// left, but for the procedures that were signed in it. What was open here before is remembered, to be owned up to.

import { useEffect, useState } from "preact/hooks";

const SITTING = "sonoplace-blinded";
const SEEN = "sonoplace-seen";

// Procedures signed in the sitting; null while nobody reads blinded here.
export type Sitting = ReadonlySet<string> | null;

const changes = new EventTarget();
let sitting: Sitting = kept(SITTING);
let seen: ReadonlySet<string> = kept(SEEN) ?? new Set();

function kept(key: string): Sitting {
  try {
    const said = sessionStorage.getItem(key);
    return said === null ? null : new Set(JSON.parse(said) as string[]);
  } catch {
    return null; // no storage here
  }
}

function keep(key: string, ids: Sitting): void {
  try {
    if (ids === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify([...ids]));
  } catch {
    // kept until the page is loaded anew
  }
}

function change(next: Sitting): void {
  sitting = next;
  keep(SITTING, next);
  changes.dispatchEvent(new Event("change"));
}

// Begins a sitting, or goes on with it; a procedure that is named is hidden again, signed or not.
export function begin(id?: string): void {
  if (sitting !== null && (id === undefined || !sitting.has(id))) return;
  change(new Set([...(sitting ?? [])].filter((signed) => signed !== id)));
}

export function leave(): void {
  if (sitting !== null) change(null);
}

export function signed(id: string): void {
  if (sitting !== null) change(new Set([...sitting, id]));
}

export function isHidden(id: string, now: Sitting = sitting): boolean {
  return now !== null && !now.has(id);
}

// The answer of a procedure was shown in this tab.
export function saw(id: string): void {
  if (seen.has(id)) return;
  seen = new Set([...seen, id]);
  keep(SEEN, seen);
}

export function wasSeen(id: string): boolean {
  return seen.has(id);
}

export function useSitting(): Sitting {
  const [now, setNow] = useState<Sitting>(sitting);
  useEffect(() => {
    const changed = () => setNow(sitting);
    changed();
    changes.addEventListener("change", changed);
    return () => changes.removeEventListener("change", changed);
  }, []);
  return now;
}

// Whoever reads blinded is not led to the frame that the answer rests on.
export function asksBlinded(search = location.search): boolean {
  return new URLSearchParams(search).get("read") === "blinded";
}
