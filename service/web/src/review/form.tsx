// What the reader says: who, what of the answer, why, and where the tip is.

import type { FrameVerdict } from "../api/client";
import { text } from "../strings";
import type { Judgement, ReaderRole, ReviewReason } from "./api";
import { isCode, type Draft } from "./draft";
import type { Who } from "./reader_code";

interface Props {
  readonly who: Who;
  readonly onWho: (who: Who) => void;
  readonly draft: Draft;
  readonly setDraft: (change: (before: Draft) => Draft) => void;
  readonly blinded: boolean;
}

const keysOf = <T extends object>(words: T) => Object.keys(words) as (keyof T)[];

export function JudgementForm({ who, onWho, draft, setDraft, blinded }: Props) {
  const words = text.review;
  return (
    <div class="said">
      <div class="who">
        <label>{words.code}
          <input
            id="reader-code" type="text" value={who.code} maxLength={32} autocomplete="off" spellcheck={false} placeholder="QA-2" aria-invalid={who.code !== "" && !isCode(who.code)}
            title={words.codeHint} onInput={(event) => onWho({ ...who, code: event.currentTarget.value.toUpperCase() })}
          />
        </label>
        <label>{words.role}
          <select id="reader-role" value={who.role ?? ""} onChange={(event) => onWho({ ...who, role: (event.currentTarget.value || null) as ReaderRole | null })}>
            <option value="">{words.noRole}</option>
            {keysOf(words.roles).map((role) => <option key={role} value={role}>{words.roles[role]}</option>)}
          </select>
        </label>
      </div>
      {who.code !== "" && !isCode(who.code) ? <p class="message">{words.code}: {words.codeHint}</p> : null}
      {blinded ? null : <Judge draft={draft} setDraft={setDraft} />}
      <fieldset class="choices" id="verdict-choices">
        <legend>{words.whereIsTip}</legend>
        {keysOf(words.verdict).map((verdict: FrameVerdict) => (
          <label key={verdict}>
            <input type="radio" name="tip-verdict" value={verdict} checked={draft.verdict === verdict} onChange={() => setDraft((before) => ({ ...before, verdict }))} />
            <span>{words.verdict[verdict]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function Judge({ draft, setDraft }: Pick<Props, "draft" | "setDraft">) {
  const words = text.review;
  return (
    <>
      <fieldset class="choices three" id="judgement-choices">
        <legend>{words.judgementOf}</legend>
        {keysOf(words.judgement).map((judgement: Judgement, i) => (
          <label key={judgement}>
            <input type="radio" name="judgement" value={judgement} aria-keyshortcuts={String(i + 1)} checked={draft.judgement === judgement} onChange={() => setDraft((before) => ({ ...before, judgement }))} />
            <span>{words.judgement[judgement]} <kbd>{i + 1}</kbd></span>
          </label>
        ))}
      </fieldset>
      {draft.judgement === null || draft.judgement === "agree" ? null : (
        <label class="field">{words.reason}
          <select
            id="review-reason" value={draft.reason ?? ""} required={draft.judgement === "disagree"}
            onChange={(event) => { const reason = (event.currentTarget.value || null) as ReviewReason | null; setDraft((before) => ({ ...before, reason })); }}
          >
            <option value="">{draft.judgement === "disagree" ? words.chooseReason : words.noReason}</option>
            {keysOf(words.reasons).map((reason) => <option key={reason} value={reason}>{words.reasons[reason]}</option>)}
          </select>
        </label>
      )}
    </>
  );
}
