import { afterEach, describe, expect, it, vi } from "vitest";
import { getModel } from "../api/client";
import { getSession, signIn, signOut } from "./session";
import { isSignedOut, keepSession, mayReview, onChange, setSignedOut, type Session } from "./state";

const PROBLEM = JSON.stringify({ code: "unauthenticated", detail: "nobody is signed in" });
const SESSION = JSON.stringify({ required: true, who: "key:a", roles: ["admin"], until: null, signed_in: true });

function answering(status: number, body: string | null) {
  const asked = vi.fn<typeof fetch>(() => Promise.resolve(new Response(body, { status })));
  vi.stubGlobal("fetch", asked);
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
  setSignedOut(false);
});

describe("access", () => {
  it("is asked for by any call that is refused for want of it", async () => {
    const heard = vi.fn();
    const forget = onChange(heard);
    answering(401, PROBLEM);
    await expect(getModel()).rejects.toThrow("nobody is signed in");
    await expect(getSession()).rejects.toThrow();
    expect(isSignedOut()).toBe(true);
    expect(heard).toHaveBeenCalledTimes(1);
    forget();
  });
  it("is not asked for by other refusals", async () => {
    answering(403, PROBLEM);
    await expect(getModel()).rejects.toThrow();
    expect(isSignedOut()).toBe(false);
  });
  it("brings a key once, in a header, and keeps it nowhere", async () => {
    setSignedOut(true);
    const asked = answering(201, SESSION);
    expect((await signIn(" sonoplace_x ")).roles).toEqual(["admin"]);
    expect(asked).toHaveBeenCalledWith("/v1/session", { method: "POST", headers: { Authorization: "Bearer sonoplace_x" } });
    expect(isSignedOut()).toBe(false);
    expect([localStorage.length, sessionStorage.length, document.cookie]).toEqual([0, 0, ""]);
  });
  it("stays asked for when the key does not hold", async () => {
    setSignedOut(true);
    answering(401, PROBLEM);
    await expect(signIn("wrong")).rejects.toThrow("nobody is signed in");
    expect(isSignedOut()).toBe(true);
  });
  it("offers a workstation nothing that is for readers and auditors alone", () => {
    const roles = (...given: Session["roles"]): Session => ({ required: true, who: "key:a", roles: given, until: null, signed_in: true });
    const may = ([[], ["workstation"], ["reviewer"], ["auditor", "workstation"], ["admin"]] as const).map((given) => {
      keepSession(given.length === 0 ? null : roles(...given));
      return mayReview();
    });
    keepSession(null);
    expect(may).toEqual([true, false, true, true, true]);
  });
  it("is given back", async () => {
    const asked = answering(204, null);
    await signOut();
    expect(asked).toHaveBeenCalledWith("/v1/session", { method: "DELETE" });
    expect(isSignedOut()).toBe(true);
  });
});
