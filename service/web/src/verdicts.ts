// Verdicts by shape and colour; the words are in strings.ts. The colours are Okabe and Ito's (style.css). Shapes, tones and
// words are those of the report (service/report/words.py; a test holds the two together).

import type { FrameVerdict, ProcedureVerdict } from "./api/client";
import { text } from "./strings";

export interface Shown {
  readonly kind: FrameVerdict;
  readonly words: string;
}

export const MARKS: Readonly<Record<FrameVerdict, string>> = {
  inside: "●",
  outside: "✕",
  indeterminate: "◆",
  not_assessed: "▬",
};

const KINDS: Readonly<Record<ProcedureVerdict, FrameVerdict>> = {
  confirmed: "inside",
  probable: "inside",
  partial: "outside",
  extra_articular: "outside",
  indeterminate: "indeterminate",
  not_assessed: "not_assessed",
};

export function frameVerdict(verdict: FrameVerdict, tissue: string | null): Shown {
  const where = verdict === "outside" && tissue ? text.tissue[tissue] : undefined;
  const words = text.verdict.frame[verdict];
  return { kind: verdict, words: where ? `${words}: ${where}` : words };
}

export function procedureVerdict(verdict: ProcedureVerdict, tissue: string | null): Shown {
  const where = tissue ? text.tissue[tissue] : undefined;
  const words = text.verdict.procedure[verdict];
  return { kind: KINDS[verdict], words: where ? `${words}: ${where}` : words };
}
