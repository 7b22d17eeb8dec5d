// Who reads, remembered in this browser: a code and a role, never a name.

import { useState } from "preact/hooks";
import type { ReaderRole } from "./api";

const KEY = "sonoplace-reader";

export interface Who {
  readonly code: string;
  readonly role: ReaderRole | null;
}

function remembered(): Who {
  try {
    const said = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Who>;
    return { code: said.code ?? "", role: said.role ?? null };
  } catch {
    return { code: "", role: null }; // no storage here
  }
}

export function useWho(): [Who, (who: Who) => void] {
  const [who, setWho] = useState(remembered);
  const change = (next: Who) => {
    setWho(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // kept for this sitting only
    }
  };
  return [who, change];
}
