// What is recorded, field by field: where it stands in the body (JSON pointer), what it may be and in which unit.

import { text } from "../strings";

export type Kind = "choice" | "number" | "code" | "date" | "yes-no";

export interface Field {
  readonly pointer: string;
  readonly label: string;
  readonly kind: Kind;
  readonly unit?: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly choices?: Readonly<Record<string, string>>;
}

export interface Group {
  readonly title: string;
  readonly fields: readonly Field[];
}

const { record, visit, coded } = text;

export const RECORD: readonly Group[] = [
  {
    title: record.groups.joint,
    fields: [
      { pointer: "/laterality", label: record.laterality, kind: "choice", choices: coded.side, required: true },
      { pointer: "/laterality_on_screen", label: record.onScreen, kind: "choice", choices: coded.side, hint: record.onScreenHint },
      { pointer: "/indication", label: record.indication, kind: "choice", choices: coded.indication },
      { pointer: "/approach", label: record.approach, kind: "choice", choices: coded.approach },
      { pointer: "/view", label: record.view, kind: "choice", choices: coded.view },
    ],
  },
  {
    title: record.groups.material,
    fields: [
      { pointer: "/injectate/kind", label: record.injectate, kind: "choice", choices: text.injectate },
      { pointer: "/injectate/volume_ml", label: record.volume, kind: "number", unit: "mL" },
      { pointer: "/needle/gauge", label: record.gauge, kind: "number", unit: "G" },
      { pointer: "/needle/length_mm", label: record.length, kind: "number", unit: "mm" },
    ],
  },
  {
    title: record.groups.who,
    fields: [
      { pointer: "/operator", label: record.operator, kind: "code", hint: record.codeHint },
      { pointer: "/site", label: record.site, kind: "code", hint: record.codeHint },
      { pointer: "/performed_on", label: record.performed, kind: "date", hint: record.dateHint },
      { pointer: "/consent/documented", label: record.consent, kind: "yes-no" },
      { pointer: "/consent/reference", label: record.reference, kind: "code", hint: record.codeHint },
    ],
  },
];

export const VISIT: readonly Field[] = [
  { pointer: "/visited_on", label: visit.on, kind: "date", hint: record.dateHint, required: true },
  { pointer: "/pain", label: visit.pain, kind: "number", hint: visit.painHint },
  { pointer: "/koos", label: visit.koos, kind: "number", hint: visit.koosHint },
  { pointer: "/womac", label: visit.womac, kind: "number", hint: visit.womacHint },
];

export const RECORD_FIELDS: readonly Field[] = RECORD.flatMap(({ fields }) => fields);
