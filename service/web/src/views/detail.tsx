// One procedure: what is said of it as a whole, and its cine.

import { getProcedure, type Procedure } from "../api/client";
import { useFetched } from "../parts/fetched";
import { Failed, Loading } from "../parts/states";
import type { Theme } from "../parts/theme";
import { text } from "../strings";
import { Reader } from "./reader";

const POLL_MS = 500;

function unfinished({ status }: Procedure): boolean {
  return status === "queued" || status === "running";
}

export function Detail({ id, theme }: { id: string; theme: Theme }) {
  const { value, error, loading, again } = useFetched(
    id,
    (options) => getProcedure(id, options),
    (procedure) => (unfinished(procedure) ? POLL_MS : null),
  );
  return (
    <div class="detail-view">
      <p class="back"><a href="/">← {text.detail.back}</a></p>
      {error ? <Failed error={error} again={again} /> : null}
      {loading ? <Loading /> : null}
      {value ? <Body procedure={value} theme={theme} /> : null}
    </div>
  );
}

function Body({ procedure, theme }: { procedure: Procedure; theme: Theme }) {
  if (procedure.status === "done") return <Reader key={procedure.id} procedure={procedure} theme={theme} />;
  if (procedure.status === "failed") return <Failed error={new Error(text.detail.failed(procedure.failure ?? text.unknown))} />;
  return (
    <div class="state" role="status">
      <strong>{text.verdict.status[procedure.status]}</strong>
      <progress max={procedure.frame_count} value={procedure.frames_done} aria-label={text.verdict.status.running} />
      <p>{text.detail.analysing(procedure.frames_done, procedure.frame_count)}</p>
    </div>
  );
}
