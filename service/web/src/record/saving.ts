// A form on its way to the service: what was refused and where, and what was kept.

import { useState } from "preact/hooks";
import { Refused } from "../api/client";
import { faultsOf, type Faults } from "./values";

export interface Saving<T> {
  readonly busy: boolean;
  readonly faults: Faults;
  readonly kept: T | null;
  readonly save: (ask: () => Promise<T>, then?: (kept: T) => void) => Promise<void>;
}

const NONE: Faults = new Map();

export function useSaving<T>(shown: (pointer: string) => boolean): Saving<T> {
  const [state, setState] = useState<{ busy: boolean; faults: Faults; kept: T | null }>({ busy: false, faults: NONE, kept: null });
  const save = async (ask: () => Promise<T>, then?: (kept: T) => void) => {
    setState((before) => ({ ...before, busy: true, faults: NONE }));
    try {
      const kept = await ask();
      setState({ busy: false, faults: NONE, kept });
      then?.(kept);
    } catch (error) {
      setState({ busy: false, kept: null, faults: faultsIn(error, shown) });
    }
  };
  return { ...state, save };
}

function faultsIn(error: unknown, shown: (pointer: string) => boolean): Faults {
  const fields = error instanceof Refused ? faultsOf(error.fields, shown) : NONE;
  return fields.size > 0 ? fields : new Map([["", error instanceof Error ? error.message : String(error)]]);
}
