// A field that keeps what is being typed when the page is drawn anew; what the address says wins once it changes.

import { useLayoutEffect, useState } from "preact/hooks";

interface Props {
  readonly type: "text" | "date";
  readonly id: string;
  readonly value: string;
  readonly onChange: (event: Event) => void;
  readonly autocomplete: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly size?: number;
  readonly list?: string;
  readonly title?: string;
  readonly min?: string;
  readonly max?: string;
  readonly inputMode?: "numeric";
  readonly placeholder?: string;
}

export function Typed({ value, ...rest }: Props) {
  const [typed, setTyped] = useState(value);
  // Before anybody can type: an effect after the first picture would take back what was typed until then.
  useLayoutEffect(() => setTyped(value), [value]);
  return <input {...rest} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />;
}
