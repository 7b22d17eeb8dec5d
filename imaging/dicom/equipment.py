"""Which equipment took a picture: maker and model of the scanner, and the transducer; nothing that names one device.

Serial numbers, station names and asset numbers are never read. Two attributes are free text in which a site may have
written anything: of the maker only names in a list are taken, and a transducer's code must look like one.
"""

import re

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

_LONGEST_STRING = 64
_MAKERS = {
    "Alpinion": r"alpinion",
    "BK Medical": r"\bb-?k\b",
    "Butterfly": r"butterfly",
    "Canon": r"canon|toshiba",
    "Clarius": r"clarius",
    "Edan": r"\bedan\b",
    "Esaote": r"esaote",
    "Fujifilm Sonosite": r"sono ?site|fuji",
    "GE": r"\bge\b|general electric|\bge[mh]s?\b|gehealthcare",
    "Hitachi Aloka": r"hitachi|aloka",
    "Konica Minolta": r"konica|minolta",
    "Mindray": r"mindray|zonare",
    "Philips": r"philips|\batl\b",
    "Samsung Medison": r"samsung|medison",
    "Siemens": r"siemens|acuson",
    "SonoScape": r"sonoscape",
    "SuperSonic": r"super ?sonic",
    "Telemed": r"\btelemed\b",
    "Terason": r"terason|teratech",
    "Ultrasonix": r"ultrasonix",
}
_MODEL = re.compile(r"[^\W_][\w .,/()+®™-]*")
"""As LOGIQ e, Butterfly iQ+, MyLab™Twice; neither markup nor a formula, whatever reads it later."""
_TRANSDUCER = re.compile(r"(?=.*[0-9])(?!.*[0-9]{5})[A-Za-z0-9./+-]{2,16}")
"""As L12-3, 9L-D, PVT-712BT: with a digit, as no name has, and without five in a row, as a serial number has."""
_TYPES = {"LINEAR": "linear", "CURVED LINEAR": "convex", "SECTOR_PHASED": "phased"}
"""Defined terms of TransducerType (PS3.3 C.8.5.6), in the words of a live session."""


def maker(elements: Dataset) -> str:
    """Maker of the scanner, one of a list; "" where nothing says, or it is none of them."""
    said = elements.get("Manufacturer")
    folded = said.casefold() if isinstance(said, str) else ""
    return next((name for name, pattern in _MAKERS.items() if re.search(pattern, folded)), "")


def model_name(elements: Dataset) -> str:
    """Model of the scanner, "" where nothing says."""
    value = elements.get("ManufacturerModelName")
    name = value.strip()[:_LONGEST_STRING] if isinstance(value, str) else ""
    return name if _MODEL.fullmatch(name) else ""


def transducer(elements: Dataset) -> str:
    """Code of the transducer, else its kind (linear, convex, phased); "" where nothing says."""
    said = elements.get("TransducerData")
    for code in said if isinstance(said, MultiValue) else (said,):
        if isinstance(code, str) and _TRANSDUCER.fullmatch(code.strip()):
            return code.strip()
    kind = elements.get("TransducerType")
    return _TYPES.get(kind, "") if isinstance(kind, str) else ""
