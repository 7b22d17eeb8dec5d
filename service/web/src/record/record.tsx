// What people add to a procedure: its record, in versions, and the visits before and after it.

import { useState } from "preact/hooks";
import { getProcedure, type Procedure } from "../api/client";
import { moment } from "../numbers";
import { useFetched } from "../parts/fetched";
import { Verdict } from "../parts/findings";
import { Failed, Loading } from "../parts/states";
import { text } from "../strings";
import { procedureVerdict } from "../verdicts";
import { getFollowUps, getVersions } from "./calls";
import { RECORD_FIELDS } from "./fields";
import { Outcomes } from "./outcomes";
import "./record.css";
import { RecordForm } from "./record_form";
import { valuesOf } from "./values";
import { Versions } from "./versions";
import { VisitForm } from "./visit_form";
import { Visits } from "./visits";

export function Record({ id }: { id: string }) {
  const procedure = useFetched(id, (options) => getProcedure(id, options));
  const { value } = procedure;
  return (
    <div class="record-view">
      <p class="back"><a href={`/procedures/${id}`}>← {text.record.back}</a></p>
      {procedure.error ? <Failed error={procedure.error} again={procedure.again} /> : null}
      {procedure.loading ? <Loading /> : null}
      {value ? <Body key={value.id} procedure={value} /> : null}
    </div>
  );
}

function Body({ procedure }: { procedure: Procedure }) {
  const { id } = procedure;
  const [record, setRecord] = useState(procedure.record);
  const [start, setStart] = useState(() => (record ? valuesOf(RECORD_FIELDS, record.record) : {}));
  const [fill, setFill] = useState(0); // a form filled with another version is another form
  const versions = useFetched(record ? `${id} ${record.version}` : null, (options) => getVersions(id, record?.version ?? 0, options));
  const [visits, setVisits] = useState(procedure.follow_ups);
  const followUps = useFetched(`${id} ${visits}`, (options) => getFollowUps(id, options));
  const shown = procedure.summary ? procedureVerdict(procedure.summary.verdict, procedure.summary.tissue_at_tip) : null;
  return (
    <>
      <div class="record-head">
        <h2>{text.record.title} <small>{text.record.stored(moment(procedure.created_at))}</small></h2>
        {shown ? <Verdict shown={shown} /> : null}
      </div>
      <div class="record-columns">
        <RecordForm key={fill} procedure={procedure} present={record} start={start} onKept={setRecord} />
        <Versions versions={versions} onFill={(answer) => { setStart(valuesOf(RECORD_FIELDS, answer.record)); setFill((count) => count + 1); }} />
      </div>
      <h2 id="follow-up">{text.visit.title}</h2>
      <div class="record-columns">
        <VisitForm id={id} onKept={() => setVisits((count) => count + 1)} />
        <section class="panel" aria-label={text.visit.list}>
          <Visits followUps={followUps} performedOn={record?.record.performed_on ?? null} verdict={shown} />
          <Outcomes asked={visits} />
        </section>
      </div>
    </>
  );
}
