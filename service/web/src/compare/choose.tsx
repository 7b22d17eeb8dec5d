// What a procedure is compared with: another procedure, or what another network says of it.

import { useLocation } from "preact-iso";
import { listProcedures, type Listed, type Procedure } from "../api/client";
import { moment } from "../numbers";
import { useFetched } from "../parts/fetched";
import { Empty, Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";
import { getModels } from "./api";

const MOST = 200;
const LISTED = new URLSearchParams({ limit: String(MOST) });

export function address(a: string | null, b: { readonly b?: string; readonly model?: string }): string {
  return `/compare?${new URLSearchParams({ ...(a === null ? {} : { a }), ...b }).toString()}`;
}

function named({ id, verdict, summary, created_at: at }: Listed | Procedure): string {
  const words = verdict === null ? text.unknown : procedureVerdict(verdict, summary?.tissue_at_tip ?? null).words;
  return text.compare.option(words, moment(at), id.slice(0, 6));
}

interface Props {
  readonly a: string | null;
  readonly b: string | null;
  readonly model: string | null;
}

export function Choose({ a, b, model }: Props) {
  const { route } = useLocation();
  const listed = useFetched("procedures", (options) => listProcedures(LISTED, options));
  const models = useFetched("models", getModels);
  const words = text.compare;
  if (listed.error) return <Failed error={listed.error} again={listed.again} />;
  if (!listed.value) return <Loading />;
  const done = listed.value.procedures.filter(({ status }) => status === "done");
  const others = models.value?.models.filter(({ problem }) => problem === null) ?? [];
  if (done.length === 0) return <Empty words={words.none} />;
  const change = (to: string) => {
    const [kind, name = ""] = to.split(" ", 2);
    route(address(a, kind === "model" ? { model: name } : { b: name }));
  };
  const other = model === null ? (b === null ? "" : `b ${b}`) : `model ${model}`;
  return (
    <>
      <form class="choose" onSubmit={(event) => event.preventDefault()}>
        <label>{words.first}
          <select id="compare-a" value={a ?? ""} onChange={(event) => route(address(event.currentTarget.value, model === null ? (b === null ? {} : { b }) : { model }))}>
            {a === null ? <option value="">{words.choose}</option> : null}
            {done.map((procedure) => <option key={procedure.id} value={procedure.id}>{named(procedure)}</option>)}
          </select>
        </label>
        <label>{words.second}
          <select id="compare-b" value={other} disabled={a === null} onChange={(event) => change(event.currentTarget.value)}>
            {other === "" ? <option value="">{words.choose}</option> : null}
            <optgroup label={words.otherModel}>
              {others.map(({ folder, model: name, model_version: version }) => <option key={folder} value={`model ${folder}`}>{name} {version} · {folder}</option>)}
            </optgroup>
            <optgroup label={words.otherProcedure}>
              {done.filter(({ id }) => id !== a).map((procedure) => <option key={procedure.id} value={`b ${procedure.id}`}>{named(procedure)}</option>)}
            </optgroup>
          </select>
        </label>
        {b === null || a === null ? null : <button type="button" id="compare-swap" onClick={() => route(address(b, { b: a }))}>⇄ {words.swap}</button>}
      </form>
      {a === null || (b === null && model === null) ? <Empty words={words.no} /> : null}
    </>
  );
}
