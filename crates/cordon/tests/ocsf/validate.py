#!/usr/bin/env python3
"""Validates OCSF findings, one a line, against the whole published schema.

    pip install -r requirements.txt
    python3 validate.py FILE.ndjson

Every line is checked against the JSON Schema of its class that ocsf-json-schema makes from OCSF's own files, with unknown attributes
refused, and a second time by the models of py-ocsf-models, which other products read findings with. Exit code 1 and the first faults
on standard error when a line does not fit.
"""

import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

MOST_FAULTS = 20


def main(path: str) -> int:
    validators: dict[str, Draft202012Validator] = {}
    count = faults = 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            count += 1
            finding = json.loads(line)
            version = finding["metadata"]["version"]
            if version not in validators:
                schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
                name = schema.lookup_class_name_from_uid(finding["class_uid"])
                validators[version] = Draft202012Validator(schema.get_class_schema(name))
            found = [f"{error.json_path}: {error.message[:200]}" for error in validators[version].iter_errors(finding)]
            try:
                DetectionFinding.model_validate(finding)
            except ValueError as error:
                found.append(f"py-ocsf-models: {error}")
            for fault in found:
                faults += 1
                if faults <= MOST_FAULTS:
                    print(f"{path}:{number}: {fault}", file=sys.stderr)
    print(f"{path}: {count} findings, {faults} faults")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
