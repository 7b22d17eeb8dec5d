// What was recorded before: each version with what it changed, by whom and where it stands in the chain.

import { moment } from "../numbers";
import type { Fetched } from "../parts/fetched";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import type { RecordAnswer } from "./calls";
import { RECORD_FIELDS, type Field } from "./fields";
import { differences, spoken, valuesOf } from "./values";

interface Props {
  readonly versions: Fetched<RecordAnswer[]>;
  readonly onFill: (answer: RecordAnswer) => void;
}

export function Versions({ versions: { value, error, loading, again }, onFill }: Props) {
  return (
    <section class="panel versions" aria-label={text.record.versions}>
      <h2>{text.record.versions}</h2>
      {error ? <Failed error={error} again={again} /> : null}
      {loading ? <Loading /> : null}
      {value === null && !loading && !error ? <p class="quiet">{text.record.none}</p> : null}
      <ol>{(value ?? []).map((answer, at, all) => <Version key={answer.version} answer={answer} before={all[at + 1] ?? null} newest={at === 0} onFill={onFill} />)}</ol>
    </section>
  );
}

interface OneProps {
  readonly answer: RecordAnswer;
  readonly before: RecordAnswer | null;
  readonly newest: boolean;
  readonly onFill: (answer: RecordAnswer) => void;
}

function Version({ answer, before, newest, onFill }: OneProps) {
  const changes = differences(RECORD_FIELDS, before ? valuesOf(RECORD_FIELDS, before.record) : {}, valuesOf(RECORD_FIELDS, answer.record));
  return (
    <li>
      <p class="version-head">
        <strong>{text.record.version(answer.version)}</strong>
        <span class="quiet">{moment(answer.added_at)} · {answer.added_by}</span>
        {newest ? null : <button type="button" class="link" onClick={() => onFill(answer)}>{text.record.fill}</button>}
      </p>
      <dl>
        {changes.map(({ field, before: was, after }) => [
          <dt key={field.pointer}>{field.label}</dt>,
          <dd key={`${field.pointer}=`}>{before ? <><s>{words(field, was)}</s> → </> : null}{words(field, after)}</dd>,
        ])}
      </dl>
      <p class="chain quiet" title={answer.link_sha256}>{text.record.chained(answer.position, answer.link_sha256.slice(0, 12))}</p>
    </li>
  );
}

const words = (field: Field, said: string | undefined) => spoken(field, said, text.record.notRecorded, [text.record.yes, text.record.no]);
