"""What the tables of an audit hold: columns with their types, units and meaning, written into every Parquet file.

Change a column and `SCHEMA_VERSION` goes up. ``SCHEMA.md`` beside this file says the same for people; a test compares.
"""

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = "2"
"""Version of all tables together."""
_ID = ("procedure_id", pa.string(), "", "keyed hash of the file's place in the archive; ledger.db knows the file")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: unit is "" where there is none."""

    name: str
    kind: pa.DataType
    unit: str
    description: str

    def field(self) -> pa.Field:
        """As Arrow sees it, unit and description in its metadata."""
        told = {"description": self.description, **({"unit": self.unit} if self.unit else {})}
        return pa.field(self.name, self.kind, metadata=told)


def _table(name: str, *columns: tuple[str, pa.DataType, str, str]) -> pa.Schema:
    told = {"sonoplace:table": name, "sonoplace:schema_version": SCHEMA_VERSION}
    return pa.schema([Column(*column).field() for column in columns], metadata=told)


_text, _real, _whole, _flag = pa.string(), pa.float64(), pa.int32(), pa.bool_()

PROCEDURES = _table(
    "procedures",
    _ID,
    ("service_id", _text, "", "identifier of the procedure in a service that took in the same file, by this network"),
    ("sop_hmac", _text, "", "keyed hash of the SOP Instance UID"),
    ("study_hmac", _text, "", "keyed hash of the Study Instance UID: files of one study share it"),
    ("site_hmac", _text, "", "keyed hash of the institution's name"),
    ("operator_hmac", _text, "", "keyed hash of the performing physician's name or, without one, of the operator's"),
    ("study_date", _text, "", "study date, cut to the precision that the site allows: 2026, 2026-Q1, 2026-01, …"),
    ("scanner", _text, "", "model of the scanner"),
    ("laterality", _text, "", "R, L, U (unpaired) or B (both), as the file says"),
    ("frames", _whole, "", "frames of the file, all of them analysed"),
    ("width_px", _whole, "px", "columns of the picture"),
    ("height_px", _whole, "px", "rows of the picture"),
    ("frame_time_ms", _real, "ms", "mean time from frame to frame; null where the file does not say"),
    ("calibration", _text, "", "where the pixel spacing comes from; null: not calibrated, no verdict"),
    ("spacing_row_mm", _real, "mm", "from row to row"),
    ("spacing_column_mm", _real, "mm", "from column to column"),
    ("verdict", _text, "", "confirmed, probable, partial, extra_articular, indeterminate or not_assessed"),
    ("tissue", _text, "", "tissue at the tip, of extra-articular procedures"),
    ("reasons", pa.list_(_text), "", "why the verdict is withheld or weakened, the commonest first"),
    ("p_inside", _real, "", "probability that the tip stood in the recess"),
    ("signed_distance_mm", _real, "mm", "median from the tip to the nearest wall where it stood, above zero inside"),
    ("centre_distance_mm", _real, "mm", "median from the tip to the recess's centre of area where it stood"),
    ("angle_deg", _real, "deg", "median angle of shaft and probe face where the tip stood"),
    ("stand_frame", _whole, "", "0-based frame that shows best where the tip stood"),
    ("injection_frame", _whole, "", "0-based frame in which an injection was seen to begin"),
    ("injectate_in_recess", _flag, "", "whether anything shows injectate in the recess"),
    ("needle_frames", _whole, "", "frames that show a needle"),
    ("tip_visible_share", _real, "", "share of the needle's frames that show its tip, 0 to 1"),
    ("advanced_unseen_mm", _real, "mm", "advance over frames that do not show the tip; null without a pixel size"),
    ("advanced_unseen_s", _real, "s", "how long those frames lasted; null without pixel size or frame times"),
    (
        "passes",
        _whole,
        "",
        "insertions, one more for each advance after 10 mm of withdrawal; null without a pixel size",
    ),
    ("redirections", _whole, "", "turns of more than 5 degrees; null without a pixel size"),
    ("seconds_to_target", _real, "s", "from the first sight of the needle until the tip first lay in the recess"),
    ("recess_thickness_mm", _real, "mm", "greatest thickness along the beam, median of all frames that show a recess"),
    ("view", _real, "", "mean score of the view being the suprapatellar one, 0 to 1"),
    ("quality", _real, "", "mean score of the picture's quality, 0 to 1"),
    ("grey_mean", _real, "", "mean grey level of the tissue, 0 to 255, over all frames"),
    ("grey_sd", _real, "", "mean of the frames' standard deviations of grey level"),
    ("frames_inside", _whole, "", "frames whose own verdict is inside"),
    ("frames_outside", _whole, "", "frames whose own verdict is outside"),
    ("frames_indeterminate", _whole, "", "frames whose own verdict is indeterminate"),
    ("frames_not_assessed", _whole, "", "frames whose own verdict is not_assessed"),
    ("pixels_sha256", _text, "", "hash of the frames' hashes: what was judged, whatever file it came in"),
    ("model", _text, "", "network that answered"),
    ("model_version", _text, "", "its version"),
    ("model_sha256", _text, "", "hash of its file"),
    ("precision", _text, "", "numeric precision it ran in"),
    ("provider", _text, "", "inference provider it ran on"),
    ("rules_sha256", _text, "", "hash of the rules that judge a frame"),
    ("procedure_rules_sha256", _text, "", "hash of the rules that judge a procedure"),
    ("code_version", _text, "", "version of SonoPlace"),
)

FRAMES = _table(
    "frames",
    _ID,
    ("frame", _whole, "", "0-based position in the file"),
    ("time_ms", _real, "ms", "from the first frame; null where the file does not say"),
    ("verdict", _text, "", "inside, outside, indeterminate or not_assessed"),
    ("reasons", pa.list_(_text), "", "why it is withheld, weakened or qualified"),
    ("p_inside", _real, "", "probability that the tip lies in the recess"),
    ("signed_distance_mm", _real, "mm", "from the tip to the nearest wall, above zero inside"),
    ("tissue", _text, "", "tissue at the tip"),
    ("meets_recess_mm", _real, "mm", "along the needle's axis until it meets the recess"),
    ("meets_bone_mm", _real, "mm", "along the needle's axis until it meets bone"),
    ("tip_x_px", _real, "px", "tip, to the right of the centre of the top-left pixel"),
    ("tip_y_px", _real, "px", "tip, below the centre of the top-left pixel"),
    ("tip_sigma_mm", _real, "mm", "standard deviation of the tip's position"),
    ("tip_visible", _flag, "", "whether the tip is seen"),
    ("angle_deg", _real, "deg", "angle of shaft and probe face"),
    ("visible_length_mm", _real, "mm", "length of shaft that is seen"),
    ("needle_confidence", _real, "", "0 to 1"),
    ("recess_thickness_mm", _real, "mm", "greatest thickness along the beam"),
    ("recess_length_mm", _real, "mm", "length"),
    ("recess_area_mm2", _real, "mm2", "area"),
    ("recess_roof_depth_mm", _real, "mm", "depth of the roof"),
    ("recess_confidence", _real, "", "0 to 1"),
    ("view", _real, "", "score of the view being the suprapatellar one, 0 to 1"),
    ("quality", _real, "", "score of the picture's quality, 0 to 1"),
)

FAILURES = _table(
    "failures",
    _ID,
    ("path", _text, "", "the file, as a path under SOURCE or as study/series/instance; stays with the site"),
    ("code", _text, "", "stable code of the error; killed-worker and unexpected where the analysis itself broke"),
    ("detail", _text, "", "what was received and what was expected"),
    ("quarantined", _flag, "", "whether it ended its worker twice and is not tried again"),
)

TABLES = {"procedures": PROCEDURES, "frames": FRAMES, "failures": FAILURES}
"""Every table, by the name of its folder."""


def documented() -> str:
    """All tables as Markdown."""
    lines = [f"# Tables of an audit, schema version {SCHEMA_VERSION}", "", _ABOUT]
    for name, schema in TABLES.items():
        lines += ["", f"## {name}", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        for field in schema:
            told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            lines.append(f"| `{field.name}` | {field.type} | {told.get('unit', '')} | {told['description']} |")
    return "\n".join(lines) + "\n"


_ABOUT = """Each table is a folder of Parquet files: `SELECT * FROM 'OUT/procedures/*.parquet'` in DuckDB,
`pandas.read_parquet("OUT/procedures")`. Descriptions and units stand in the metadata of every column. Null means not
known or not applicable. Names of people and places are nowhere; `failures` and `ledger.db` hold paths and stay with
the site."""
