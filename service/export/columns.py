"""Columns of the exported tables, with types, units and meaning."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "real", "whole", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; unit is "" where there is none."""

    name: str
    kind: Kind
    unit: str
    description: str


FRAMES: tuple[Column, ...] = tuple(
    Column(*column)
    for column in (
        ("frame", "whole", "", "0-based position in the file"),
        ("time_s", "real", "s", "from the first picture; empty where no time is known"),
        ("verdict", "text", "", "inside, outside, indeterminate or not_assessed"),
        ("reasons", "text", "", "why it is withheld, weakened or qualified; codes with a space between"),
        ("p_inside", "real", "", "probability that the tip lies in the recess"),
        ("signed_distance_mm", "real", "mm", "from the tip to the nearest wall, above zero inside"),
        ("tissue_at_tip", "text", "", "tissue at the tip"),
        ("tip_visible", "flag", "", "whether the tip is seen"),
        ("tip_x_px", "real", "px", "tip, to the right of the centre of the top-left pixel"),
        ("tip_y_px", "real", "px", "tip, below the centre of the top-left pixel"),
        ("tip_sigma_mm", "real", "mm", "standard deviation of the tip's position"),
        ("angle_deg", "real", "deg", "angle of shaft and probe face"),
        ("recess_thickness_mm", "real", "mm", "greatest thickness along the beam"),
        ("recess_area_mm2", "real", "mm2", "area"),
        ("spacing_row_mm", "real", "mm", "from row to row; empty: not calibrated"),
        ("spacing_column_mm", "real", "mm", "from column to column"),
        ("calibration", "text", "", "where the spacing comes from"),
        ("pixels_sha256", "text", "", "hash of the decoded pixels"),
    )
)

PROCEDURES: tuple[Column, ...] = tuple(
    Column(*column)
    for column in (
        ("procedure_id", "text", "", "hash of content, reading, model and rules"),
        ("created_at", "text", "", "when it was handed in, UTC"),
        ("status", "text", "", "queued, running, done or failed"),
        ("failure", "text", "", "code of the problem that ended the analysis"),
        ("frames", "whole", "", "pictures"),
        ("frame_time_ms", "real", "ms", "from picture to picture; empty where the file does not say"),
        ("verdict", "text", "", "confirmed, probable, partial, extra_articular, indeterminate or not_assessed"),
        ("tissue_at_tip", "text", "", "of extra-articular procedures"),
        ("reason", "text", "", "why there is no clear verdict"),
        ("p_inside", "real", "", "probability that the tip stood in the recess"),
        ("signed_distance_mm", "real", "mm", "from the tip to the nearest wall where it stood, above zero inside"),
        ("needle_frames", "whole", "", "pictures that show a needle"),
        ("tip_visible_share", "real", "", "share of them that show its tip, 0 to 1"),
        ("picture_laterality", "text", "", "side that the file or the session says"),
        ("manufacturer", "text", "", "maker of the scanner"),
        ("scanner", "text", "", "model of the scanner"),
        ("transducer", "text", "", "code of the transducer, or its kind"),
        ("laterality", "text", "", "side that the site recorded"),
        ("indication", "text", "", "recorded"),
        ("approach", "text", "", "recorded"),
        ("view", "text", "", "recorded"),
        ("injectate", "text", "", "recorded"),
        ("volume_ml", "real", "mL", "recorded"),
        ("needle_gauge", "whole", "G", "recorded"),
        ("needle_length_mm", "real", "mm", "recorded"),
        ("operator", "text", "", "code of the site's"),
        ("site", "text", "", "code"),
        ("performed_on", "text", "", "date, as exactly as the site allows"),
        ("consent_documented", "flag", "", "recorded"),
        ("flags", "text", "", "what does not fit together; codes with a space between"),
        ("follow_ups", "whole", "", "visits"),
        ("reviews", "whole", "", "reviews"),
        ("model_version", "text", "", "of the network that answered"),
        ("model_sha256", "text", "", "hash of its file"),
        ("rules_sha256", "text", "", "hash of the rules that judge a picture"),
        ("code_version", "text", "", "version of SonoPlace"),
        ("record_sha256", "text", "", "hash of input, identity and answer"),
        ("chain_position", "whole", "", "place of the answer in the chain"),
    )
)
