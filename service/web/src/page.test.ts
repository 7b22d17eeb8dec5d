import { describe, expect, it } from "vitest";
import { mediaOf } from "./api/client";
import { following, nextSpeed } from "./cine/player";
import { message } from "./live/session";
import { there } from "./live/sources";
import { probability, spacingOf } from "./numbers";
import { isTaken } from "./parts/keys";
import { text } from "./strings";
import { frameVerdict, procedureVerdict } from "./verdicts";
import { wantedQuery } from "./views/filters";

describe("spacing", () => {
  it.each([
    ["0.2", [0.2, 0.2]],
    ["0.1, 0.2", [0.1, 0.2]],
    ["", null],
    ["0", undefined],
    ["0.1,", undefined],
    ["-1,1", undefined],
    ["1,2,3", undefined],
    ["wide", undefined],
  ])("%j is %j", (said, expected) => expect(spacingOf(said)).toEqual(expected));
});

describe("verdicts", () => {
  it("name the tissue where the tip is outside, and only there", () => {
    expect(frameVerdict("outside", "prefemoral_fat").words).toBe("Outside the recess: prefemoral fat pad");
    expect(frameVerdict("inside", "recess").words).toBe("Inside the recess");
    expect(procedureVerdict("extra_articular", "bone")).toEqual({ kind: "outside", words: "Outside the recess: bone surface" });
    expect(procedureVerdict("partial", null)).toEqual({ kind: "outside", words: "Partly outside the recess" });
  });
});

describe("probabilities", () => {
  it.each([
    [1, "> 0.99", "p > 0.99"], [0.9901, "> 0.99", "p > 0.99"], [0.99, "0.99", "p = 0.99"], [0.5, "0.50", "p = 0.50"],
    [0.01, "0.01", "p = 0.01"], [0.0099, "< 0.01", "p < 0.01"], [0, "< 0.01", "p < 0.01"],
  ])("of %d are written %s", (p, written, said) => {
    expect(probability(p)).toBe(written);
    expect(text.probability.said(probability(p))).toBe(said);
  });
  it("may be withheld", () => expect(probability(null)).toBe(text.none));
});

describe("playing", () => {
  it("begins again or ends", () => {
    expect(following(3, 5, false)).toBe(4);
    expect(following(4, 5, true)).toBe(0);
    expect(following(4, 5, false)).toBeNull();
    expect(following(0, 1, true)).toBeNull();
  });
  it("has a slowest and a fastest speed", () => {
    expect(nextSpeed(1, 1)).toBe(2);
    expect(nextSpeed(2, 1)).toBe(2);
    expect(nextSpeed(0.1, -1)).toBe(0.1);
  });
  it("streams a cine forwards and back", () => {
    expect([0, 1, 2, 3, 4, 5].map((tick) => there(tick, 3))).toEqual([0, 1, 2, 1, 0, 1]);
    expect([0, 1].map((tick) => there(tick, 1))).toEqual([0, 0]);
  });
});

describe("messages", () => {
  it("are header length, header, picture", () => {
    const whole = message({ a: 1 }, new Uint8Array([7, 8]).buffer);
    expect([...whole]).toEqual([0, 0, 0, 7, ...new TextEncoder().encode('{"a":1}'), 7, 8]);
  });
});

describe("files", () => {
  it("are told by their first bytes, DICOM if by nothing", () => {
    expect(mediaOf(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))).toBe("image/jpeg");
    expect(mediaOf(new Uint8Array([0x89, 0x50, 0x4e, 0x47]))).toBe("image/png");
    expect(mediaOf(new Uint8Array(132))).toBe("application/dicom");
  });
});

describe("keys", () => {
  const element = (html: string) => {
    document.body.innerHTML = html;
    const made = document.body.querySelector("*:last-child");
    if (made === null) throw new Error("no element");
    return made;
  };
  it("belong to what is typed into or pressed", () => {
    expect(isTaken(element("<input type=text>"), "o")).toBe(true);
    expect(isTaken(element("<input type=range>"), "ArrowLeft")).toBe(true);
    expect(isTaken(element("<input type=range>"), "o")).toBe(false);
    expect(isTaken(element("<button></button>"), " ")).toBe(true);
    expect(isTaken(element("<button></button>"), "ArrowLeft")).toBe(false);
  });
});

describe("filters", () => {
  it("take from the address what they know", () => {
    expect(wantedQuery({ verdict: "probable", site: "", other: "x" }).toString()).toBe("verdict=probable");
    expect(wantedQuery({ since: "2026-01-02" }).has("zone_min")).toBe(true);
  });
});
