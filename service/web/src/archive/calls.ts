// What is asked of the service for the figures of an archive.

import { json } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Figures = Schemas["ArchiveFigures"];
export type Share = Schemas["ShareAnswer"];
export type Period = Schemas["PeriodShares"];
export type Group = Schemas["GroupFigures"];
export type Grouped = Schemas["Grouped"];
export type Cusum = Schemas["CusumFigures"];
export type Histogram = Schemas["Histogram"];
export type Count = Schemas["Count"];
export type Quality = Schemas["QualityFigures"];
export type Drift = Schemas["DriftFigures"];
export type LookedAt = Schemas["LookedAt"];

export const getFigures = (query: URLSearchParams, options?: RequestInit) => json<Figures>(`/v1/archive/figures?${query.toString()}`, options);
