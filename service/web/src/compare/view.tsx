// Two procedures, or two networks on one procedure, side by side: /compare?a=ID&b=ID or /compare?a=ID&model=NAME.

import { useLocation } from "preact-iso";
import { useMemo } from "preact/hooks";
import { getProcedure, type Procedure } from "../api/client";
import { moment } from "../numbers";
import { useFetched } from "../parts/fetched";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { procedureVerdict, type Shown } from "../verdicts";
import { comparing, type Comparison } from "./api";
import { Choose } from "./choose";
import { SideBySide, type Source } from "./pair";
import "./compare.css";

const POLL_MS = 400;

export function Compare() {
  const { query } = useLocation();
  const { a = null, b = null, model = null } = query as Partial<Record<string, string>>;
  return (
    <div class="compare-view">
      <h2 class="unseen">{text.compare.title}</h2>
      <Choose a={a} b={b} model={model} />
      {a !== null && model !== null ? <TwoModels key={`${a} ${model}`} id={a} model={model} /> : null}
      {a !== null && model === null && b !== null ? <TwoProcedures key={`${a} ${b}`} a={a} b={b} /> : null}
    </div>
  );
}

function whole(procedure: Procedure): Shown {
  const { verdict, summary } = procedure;
  return verdict === null ? { kind: "not_assessed", words: text.verdict.status[procedure.status] } : procedureVerdict(verdict, summary?.tissue_at_tip ?? null);
}

function stored(procedure: Procedure, id: "a" | "b", title: string, differing: readonly number[]): Source {
  const side = { id, name: id === "a" ? text.compare.first : text.compare.second, title: <a href={`/procedures/${procedure.id}`}>{title}</a>, whole: whole(procedure), verdicts: procedure.frame_verdicts ?? [], differing };
  return { ...procedure, first: procedure.summary?.key_frame ?? 0, side };
}

function TwoProcedures({ a, b }: { a: string; b: string }) {
  const left = useFetched(a, (options) => getProcedure(a, options));
  const right = useFetched(b, (options) => getProcedure(b, options));
  const error = left.error ?? right.error;
  if (error) return <Failed error={error} again={() => { left.again(); right.again(); }} />;
  if (!left.value || !right.value) return <Loading />;
  const unfinished = [left.value, right.value].find(({ status }) => status !== "done");
  if (unfinished) return <Failed error={new Error(text.verdict.status[unfinished.status])} again={() => { left.again(); right.again(); }} />;
  const named = ({ created_at: at, id }: Procedure) => text.compare.named(moment(at), id.slice(0, 6));
  return <SideBySide same={false} a={stored(left.value, "a", named(left.value), [])} b={stored(right.value, "b", named(right.value), [])} />;
}

function TwoModels({ id, model }: { id: string; model: string }) {
  const ask = useMemo(() => comparing(id, model), [id, model]);
  const procedure = useFetched(id, (options) => getProcedure(id, options));
  const comparison = useFetched(`${id} ${model}`, ask, ({ status }) => (status === "running" ? POLL_MS : null));
  const error = procedure.error ?? comparison.error;
  if (error) return <Failed error={error} again={() => { procedure.again(); comparison.again(); }} />;
  if (!procedure.value || !comparison.value) return <Loading />;
  const { status, failure, frames_done: done, frame_count: all, compared } = comparison.value;
  if (status === "failed") return <Failed error={new Error(text.compare.failed(failure ?? text.unknown))} />;
  if (compared === null) {
    return (
      <div class="state" role="status">
        <progress max={all} value={done} aria-label={text.compare.judging(done, all)} />
        <p>{text.compare.judging(done, all)}</p>
      </div>
    );
  }
  return <SideBySide same a={left(procedure.value, comparison.value)} b={right(procedure.value, comparison.value, compared)} />;
}

function left(procedure: Procedure, { frames_differing: differing }: Comparison): Source {
  const { model, model_version: version } = procedure.identity;
  return stored(procedure, "a", `${model} ${version}`, differing ?? []);
}

function right(procedure: Procedure, { links, frames_differing: differing }: Comparison, { identity, summary, frame_verdicts: verdicts }: NonNullable<Comparison["compared"]>): Source {
  return {
    frame_count: procedure.frame_count,
    frame_time_ms: procedure.frame_time_ms,
    links: { picture: procedure.links.picture, frame: links.frame, overlay_svg: links.overlay_svg },
    first: procedure.summary?.key_frame ?? 0,
    side: {
      id: "b",
      name: text.compare.second,
      title: `${identity.model} ${identity.model_version}`,
      whole: procedureVerdict(summary.verdict, summary.tissue_at_tip),
      verdicts,
      differing: differing ?? [],
    },
  };
}
