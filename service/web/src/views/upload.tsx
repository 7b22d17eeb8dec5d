// A place to drop a file that is to be analysed and kept.

import { useState } from "preact/hooks";
import { upload } from "../api/client";
import { text } from "../strings";

export function Upload({ onDone }: { onDone: (id: string) => void }) {
  const [over, setOver] = useState(false);
  const [said, setSaid] = useState("");
  const [spacing, setSpacing] = useState("");
  const [region, setRegion] = useState("");
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    setSaid(text.upload.sending((file.size / 1e6).toFixed(1)));
    try {
      const procedure = await upload(file, { spacing_mm: spacing.trim(), region: region.trim() });
      setSaid("");
      onDone(procedure.id);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  const drag = (inside: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(inside);
  };
  const drop = (event: DragEvent) => {
    drag(false)(event);
    void take(event.dataTransfer?.files[0]);
  };
  const chosen = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const file = input.files?.[0];
    void take(file).finally(() => { input.value = ""; }); // the same file may be chosen again
  };
  return (
    <form class="upload" onSubmit={(event) => event.preventDefault()}>
      <h2>{text.upload.title}</h2>
      <label class={over ? "drop over" : "drop"} onDragOver={drag(true)} onDragLeave={drag(false)} onDrop={drop}>
        <strong>{text.upload.drop}</strong>
        <span>{text.upload.choose}</span>
        <input id="file" type="file" accept=".dcm,.dicom,image/png,image/jpeg,application/dicom" onChange={chosen} />
      </label>
      <label>
        {text.upload.spacing}
        <input id="spacing" type="text" inputMode="decimal" placeholder="0.1009" autocomplete="off" value={spacing} onInput={(event) => setSpacing(event.currentTarget.value)} />
      </label>
      <label>
        {text.upload.region}
        <input id="region" type="text" inputMode="numeric" autocomplete="off" value={region} onInput={(event) => setRegion(event.currentTarget.value)} />
      </label>
      <p class="message" role="status">{said}</p>
    </form>
  );
}
