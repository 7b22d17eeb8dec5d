// Verdicts in words, by shape and by colour; the colours are Okabe and Ito's, which the colour-blind tell apart.

const INSIDE = { mark: "●", kind: "inside" };
const OUTSIDE = { mark: "✕", kind: "outside" };
const UNDECIDED = { mark: "◆", kind: "indeterminate" };
const NOT_ASSESSED = { mark: "▬", kind: "not_assessed" };

export const FRAME = {
  inside: { ...INSIDE, words: "Inside the recess" },
  outside: { ...OUTSIDE, words: "Outside the recess" },
  indeterminate: { ...UNDECIDED, words: "Undecided" },
  not_assessed: { ...NOT_ASSESSED, words: "Not assessed" },
};

export const PROCEDURE = {
  confirmed: { ...INSIDE, words: "Confirmed in the recess" },
  probable: { ...INSIDE, words: "Probably in the recess" },
  partial: { ...UNDECIDED, words: "Partly in the recess" },
  extra_articular: { ...OUTSIDE, words: "Outside the joint" },
  indeterminate: { ...UNDECIDED, words: "Undecided" },
  not_assessed: { ...NOT_ASSESSED, words: "Not assessed" },
};

export const COLOURS = { inside: "#56b4e9", outside: "#e67800", indeterminate: "#f0e442", not_assessed: "#6a6f78" };

const TISSUES = {
  subcutaneous: "subcutaneous tissue",
  quadriceps: "quadriceps tendon or muscle",
  suprapatellar_fat: "suprapatellar fat pad",
  recess: "recess",
  prefemoral_fat: "prefemoral fat pad",
  bone: "bone surface",
  shadow: "acoustic shadow",
};

export function tissue(name) {
  return TISSUES[name] ?? null;
}

// Elements are built, never parsed: nothing that a file says can become markup.
export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

export function showVerdict(target, verdict, extra) {
  target.dataset.kind = verdict.kind;
  const words = extra ? `${verdict.words}: ${extra}` : verdict.words;
  const mark = element("span", verdict.mark, "mark");
  mark.setAttribute("aria-hidden", "true");
  target.replaceChildren(mark, element("strong", words));
}
