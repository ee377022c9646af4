"""What the template declares, where moto has no eyes; and the linters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from mineral_prospectivity.provenance import GIT_COMMIT

ROOT = Path(__file__).parents[2]


def test_the_linter_has_nothing_to_say():
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [str(linter), str(ROOT / "infra/template.yml")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_bucket_is_private_encrypted_and_versioned(declared):
    bucket = declared["Bucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert {rule["Id"] for rule in bucket["LifecycleConfiguration"]["Rules"]} == {
        "old-versions",
        "run-records",
    }
    [statement] = declared["BucketPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_stays_with_its_rule_unless_the_first_deployment_fails(parsed):
    for name in ("Bucket", "BucketPolicy"):
        resource = parsed["Resources"][name]
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_machines_are_closed(declared):
    data = declared["LaunchTemplate"]["LaunchTemplateData"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    group = declared["SecurityGroup"]
    assert "SecurityGroupIngress" not in group
    assert [rule["FromPort"] for rule in group["SecurityGroupEgress"]] == [443]
    subnets = [one for name, one in declared.items() if "MapPublicIpOnLaunch" in one]
    assert len(subnets) == 3
    assert not any(one["MapPublicIpOnLaunch"] for one in subnets)


def test_machines_can_be_changed_in_place(declared):
    for name in ("SpotEnvironment", "OnDemandEnvironment"):
        environment = declared[name]
        assert "ServiceRole" not in environment, "AWS does so only under its own role"
        assert environment["ReplaceComputeEnvironment"] is False
        resources = environment["ComputeResources"]
        assert resources["UpdateToLatestImageVersion"] is True
        assert resources["LaunchTemplate"]["Version"] == {
            "GetAtt": "LaunchTemplate.LatestVersionNumber"
        }, "another version is another declaration, which updates the environment"


def test_a_job_is_confined(declared):
    container = declared["MemberJob"]["ContainerProperties"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001"
    assert [one["Type"] for one in container["ResourceRequirements"]] == ["VCPU", "MEMORY"], (
        "a GPU here would be given to jobs that ask for none"
    )


def test_images_are_scanned_and_a_budget_warns(declared):
    assert declared["Repository"]["ImageScanningConfiguration"] == {"ScanOnPush": True}
    kinds = [
        one["Notification"]["NotificationType"]
        for one in declared["Budget"]["NotificationsWithSubscribers"]
    ]
    assert kinds == ["ACTUAL", "FORECASTED"]


def test_an_image_is_told_its_commit_when_it_is_built():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index(f"ENV {GIT_COMMIT}=${{COMMIT}}") > lines.index("ARG COMMIT=unknown")


def test_an_image_holds_compiled_code_whatever_the_times_of_its_files():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "compileall -q --invalidation-mode unchecked-hash /opt/venv/lib src" in text


def test_every_finding_that_is_not_fixed_is_argued(template):
    skipped = re.findall(r'\{id: (CKV\w+), comment: "([^"]{20,})"\}', template)
    assert [rule for rule, _ in skipped] == ["CKV_AWS_18", "CKV_AWS_136", "CKV_AWS_158"]


def test_no_account_key_or_bucket_is_in_the_files_for_aws():
    files = [*(ROOT / "infra").rglob("*"), *(ROOT / "conf").rglob("*.yml"), ROOT / "Dockerfile"]
    local = ROOT / "conf" / "local"  # what a deployment from this checkout left; git ignores it
    for file in (one for one in files if one.is_file() and local not in one.parents):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?<!\d)\d{12}(?!\d)", text), f"{file}: an account id"
        assert not re.search(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b", text), f"{file}: a key"
        assert not re.search(r"s3://[a-z0-9]", text.replace("s3://bucket", "")), f"{file}: a bucket"
