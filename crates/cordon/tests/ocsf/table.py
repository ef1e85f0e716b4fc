#!/usr/bin/env python3
"""Writes the table of the OCSF schema that the tests of `report/ocsf.rs` check findings against.

    pip install ocsf-json-schema==1.2.0
    python3 table.py > schema-1.8.0.tsv

Only what Cordon writes: the class Detection Finding and the objects that its findings contain.
"""

import sys

from ocsf_json_schema import get_ocsf_schema

VERSION = "1.8.0"
OBJECTS = """analytic attack detection_finding device evidences file finding_info metadata observable process product sub_technique
tactic technique user""".split()


def main() -> None:
    schema = get_ocsf_schema(VERSION)
    assert schema["version"] == VERSION, schema["version"]
    print(f"# Facts of the published OCSF schema {VERSION} (https://schema.ocsf.io, github.com/ocsf/ocsf-schema, Apache-2.0), as packaged by")
    print("# ocsf-json-schema 1.2.0; made by table.py. Attributes of profiles and deprecated attributes are left out.")
    print("# object, attribute, type, requirement, array or single, allowed values")
    for name in OBJECTS:
        entity = schema["classes"].get(name) or schema["objects"][name]
        for attribute, facts in sorted(entity["attributes"].items()):
            if facts.get("profiles") or facts.get("profile") or "@deprecated" in facts:
                continue
            kind = facts.get("object_type") or facts["type"]
            values = sorted(int(value) for value in facts.get("enum", {}) if value.lstrip("-").isdigit())
            array = "array" if facts.get("is_array") else "single"
            print(name, attribute, kind, facts["requirement"], array, ",".join(map(str, values)), sep="\t")
        constraint = (entity.get("constraints") or {}).get("at_least_one")
        if constraint:
            print(name, "@at_least_one", ",".join(constraint), sep="\t")


if __name__ == "__main__":
    sys.exit(main())
