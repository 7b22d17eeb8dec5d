import { describe, expect, it } from "vitest";
import { text } from "../strings";
import { code, EXAMPLES, LANGUAGES } from "./examples";

const PLACE = { origin: "https://knee.example", procedure: "0".repeat(32), key: false };

describe("examples", () => {
  it("have a title, and ask the server that shows them in every language", () => {
    expect(EXAMPLES.map(({ id }) => id).sort()).toEqual(Object.keys(text.tryIt.examples).sort());
    for (const example of EXAMPLES) {
      for (const language of LANGUAGES) {
        const words = code(language, example, PLACE);
        expect(words).toContain("https://knee.example/");
        expect(words).not.toContain("{id}");
        expect(words).not.toContain("SONOPLACE_KEY");
      }
    }
  });
  it("bring a key where the server wants one, never the key itself", () => {
    const [, model] = EXAMPLES;
    if (model === undefined) throw new Error("no example");
    const place = { ...PLACE, key: true };
    expect(code("curl", model, place)).toContain('-H "Authorization: Bearer $SONOPLACE_KEY"');
    expect(code("python", model, place)).toContain("os.environ['SONOPLACE_KEY']");
    expect(code("javascript", model, place)).toContain("Bearer ${key}");
  });
});
