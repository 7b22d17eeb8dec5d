// Reviews as the service takes and gives them.

import { json } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Correction = Schemas["Correction"];
export type Judgement = Schemas["Judgement"];
export type ReaderRole = Schemas["ReaderRole"];
export type Review = Schemas["Review"];
export type ReviewAnswer = Schemas["ReviewAnswer"];
export type Reviews = Schemas["ReviewsAnswer"];
export type ReviewReason = Schemas["ReviewReason"];
export type Agreement = Schemas["AgreementAnswer"];
export type Pair = Schemas["PairAnswer"];
export type Kappa = Schemas["KappaAnswer"];

// What a blinded reader may see: nothing of others before a review of the own.
export function getReviews(path: string, blindedReader: string | null, options?: RequestInit): Promise<Reviews> {
  const query = new URLSearchParams(blindedReader === null ? { blinded: "false" } : { reader: blindedReader });
  return json(`${path}?${query.toString()}`, options);
}

// Whoever has signed before is given all reviews; read blinded once more, the own ones alone are shown.
export function ownOnly({ reviews, withheld }: Reviews, reader: string): Reviews {
  const own = reviews.filter(({ review }) => review.reviewer === reader);
  return { reviews: own, withheld: withheld + reviews.length - own.length };
}

export const postReview = (path: string, review: Review) =>
  json<ReviewAnswer>(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(review) });

export const getAgreement = (options?: RequestInit) => json<Agreement>("/v1/agreement", options);
