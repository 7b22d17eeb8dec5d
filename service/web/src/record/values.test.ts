import { describe, expect, it } from "vitest";
import { RECORD_FIELDS, type Field } from "./fields";
import { contradiction } from "./record_form";
import { bodyOf, differences, faultsOf, spoken, valuesOf } from "./values";
import { isBefore } from "./visits";

describe("a record", () => {
  it("is what stands in its form, and nothing of what does not", () => {
    expect(bodyOf(RECORD_FIELDS, { "/laterality": "left", "/injectate/volume_ml": "5,5", "/operator": " OP-7 ", "/site": " ", "/consent/documented": "false" }))
      .toEqual({ laterality: "left", injectate: { volume_ml: 5.5 }, operator: "OP-7", consent: { documented: false } });
  });
  it("is sent with what is no number, for the service to refuse", () => {
    expect(bodyOf(RECORD_FIELDS, { "/needle/gauge": "thick" })).toEqual({ needle: { gauge: "thick" } });
  });
  it("fills its form again", () => {
    const body = { laterality: "left", injectate: { kind: "saline", volume_ml: 5 }, needle: null, consent: { documented: true, reference: null } };
    const values = valuesOf(RECORD_FIELDS, body);
    expect(values).toEqual({ "/laterality": "left", "/injectate/kind": "saline", "/injectate/volume_ml": "5", "/consent/documented": "true" });
    expect(valuesOf(RECORD_FIELDS, bodyOf(RECORD_FIELDS, values))).toEqual(values);
  });
  it("tells one version from the next", () => {
    expect(differences(RECORD_FIELDS, { "/operator": "OP-1", "/site": "S-1" }, { "/operator": "OP-2", "/site": "S-1" }).map(({ field, before, after }) => [field.pointer, before, after]))
      .toEqual([["/operator", "OP-1", "OP-2"]]);
  });
  it("is told in words and units", () => {
    const of = (pointer: string) => RECORD_FIELDS.find((field) => field.pointer === pointer) as Field;
    const told = (pointer: string, said?: string) => spoken(of(pointer), said, "–", ["yes", "no"]);
    expect([told("/injectate/volume_ml", "5"), told("/consent/documented", "false"), told("/indication", "post_operative"), told("/site")]).toEqual(["5 mL", "no", "after an operation", "–"]);
  });
});

describe("refusals", () => {
  it("stand at their fields, and the rest above all of them", () => {
    const said = new Map([["#/operator", "a"], ["#/unknown", "b"], ["#", "c"]]);
    expect([...faultsOf(said, (pointer) => pointer === "/operator")]).toEqual([["/operator", "a"], ["", "b; c"]]);
  });
});

describe("sides", () => {
  it("are compared with the picture's file and with what is written on it", () => {
    const values = { "/laterality": "right", "/laterality_on_screen": "left" };
    expect(contradiction("/laterality", values, "left")).toContain("left");
    expect(contradiction("/laterality_on_screen", values, "right")).toContain("right");
    expect(contradiction("/laterality", values, "right")).toBeUndefined();
    expect(contradiction("/laterality", {}, "right")).toBeUndefined();
    expect(contradiction("/laterality", values, null)).toBeUndefined();
  });
});

describe("visits", () => {
  it("are before the procedure as far as both dates say it", () => {
    expect([isBefore("2026-01", "2026-03-05"), isBefore("2026-03", "2026-03-05"), isBefore("2025", "2026-01")]).toEqual([true, false, true]);
  });
});
