// Something asked of the service: nothing yet, the answer, or why there is none; asked again when its key changes.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Unreachable } from "../api/client";

const AWAY_MS = 2000;

export interface Fetched<T> {
  readonly value: T | null;
  readonly error: Error | null;
  readonly loading: boolean;
  readonly again: () => void;
}

// With `againMs` it is asked for again as long as that gives a number for the last answer; a service that was away is
// asked again until it is back.
export function useFetched<T>(
  key: string | null,
  ask: (options: RequestInit) => Promise<T>,
  againMs: (value: T) => number | null = () => null,
): Fetched<T> {
  const [state, setState] = useState<{ key: string | null; value: T | null; error: Error | null }>({
    key: null, value: null, error: null,
  });
  const [tries, setTries] = useState(0);
  const newest = useRef({ ask, againMs });
  newest.current = { ask, againMs };
  useEffect(() => {
    if (key === null) return undefined;
    const stopping = new AbortController();
    let timer = 0;
    const run = async () => {
      try {
        const value = await newest.current.ask({ signal: stopping.signal });
        if (stopping.signal.aborted) return;
        setState({ key, value, error: null });
        const wait = newest.current.againMs(value);
        if (wait !== null) timer = window.setTimeout(() => void run(), wait);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (error instanceof Unreachable) timer = window.setTimeout(() => void run(), AWAY_MS);
        setState((before) => ({
          key,
          value: before.key === key ? before.value : null,
          error: error instanceof Error ? error : new Error(String(error)),
        }));
      }
    };
    void run();
    return () => {
      stopping.abort();
      window.clearTimeout(timer);
    };
  }, [key, tries]);
  const again = useCallback(() => setTries((count) => count + 1), []);
  const mine = state.key === key;
  return {
    value: mine ? state.value : null,
    error: mine ? state.error : null,
    loading: key !== null && !(mine && (state.value !== null || state.error !== null)),
    again,
  };
}
