"""Record and follow-up in a real browser: refusals at their fields, versions, sides that contradict each other."""

from pathlib import Path

import pytest

from service.client.client import Client
from service.record.outcomes import CAUTION
from tests.service.browser import grave_findings, keep
from tests.service.pictures import INSIDE, dicom, picture

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (development dependency)")
expect, Page = sync_api.expect, sync_api.Page

_STEP_AND_FOLLOW = """async link => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 50)));
  link.click();
}"""
"""Goes a frame on, and once that is drawn to where a link leads."""


@pytest.fixture(scope="module")
def procedure(server_process: str) -> str:
    """Address of the page of a procedure of the left side."""
    grey = picture(INSIDE)
    grey[0, :3] = (7, 1, 5)
    with Client(server_process) as client:
        answer = client.upload(dicom([grey, grey], laterality="L"))
    return f"{server_process}/procedures/{answer.id}"


def test_a_record_is_refused_at_its_fields_then_kept_in_versions(procedure: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{procedure}/record")
    expect(page.get_by_text("Nothing was recorded yet.")).to_be_visible()
    page.locator("#field-injectate-volume_ml").fill("500")
    page.locator("#field-operator").fill("Mrs Smith")
    page.locator("#field-needle-gauge").fill("thick")
    page.get_by_role("button", name="Save record").click()
    expect(page.locator("#field-laterality-fault")).to_have_text("Field required")
    expect(page.locator("#field-injectate-kind-fault")).to_have_text("Field required")
    expect(page.locator("#field-injectate-volume_ml-fault")).to_contain_text("less than or equal to 100")
    expect(page.locator("#field-operator-fault")).to_contain_text("should match")
    expect(page.locator("#field-needle-gauge-fault")).to_contain_text("valid integer")
    expect(page.locator("#field-operator")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("5 values do not fit; nothing was kept.")).to_be_visible()
    assert grave_findings(page) == []
    keep(page, "record-refused", tmp_path)

    page.locator("#field-laterality").select_option("right")
    expect(page.locator("#field-laterality-warning")).to_contain_text("says left")
    page.locator("#field-injectate-kind").select_option("saline")
    page.locator("#field-injectate-volume_ml").fill("5,5")
    page.locator("#field-operator").fill("OP-7")
    page.locator("#field-needle-gauge").fill("20")
    page.locator("#field-performed_on").fill("2026-03")
    page.get_by_label("Your code").first.fill("QA-1")
    page.get_by_role("button", name="Save record").click()
    expect(page.get_by_text("Kept as version 1")).to_be_visible()
    expect(page.get_by_text("The side in the record is not the side that the picture")).to_be_visible()
    page.locator("#field-laterality").select_option("left")
    page.get_by_role("button", name="Save record").click()
    expect(page.get_by_text("Kept as version 2")).to_be_visible()
    expect(page.locator("#field-laterality-warning")).to_have_count(0)
    versions = page.locator(".versions li")
    expect(versions).to_have_count(2)
    expect(versions.nth(0)).to_contain_text("right → left")
    expect(versions.nth(1)).to_contain_text("QA-1")
    expect(versions.nth(1)).to_contain_text("5.5 mL")
    versions.nth(1).get_by_role("button").click()
    expect(page.locator("#field-laterality")).to_have_value("right")


def test_a_visit_stands_beside_the_placement_under_the_caution(procedure: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{procedure}/record#follow-up")
    page.locator("#field-pain").fill("11")
    page.get_by_role("button", name="Add visit").click()
    expect(page.locator("#field-visited_on-fault")).to_have_text("Field required")
    expect(page.locator("#field-pain-fault")).to_contain_text("less than or equal to 10")
    page.locator("#field-visited_on").fill("2026-04")
    page.locator("#field-pain").fill("")
    page.get_by_role("button", name="Add visit").click()
    expect(page.get_by_text("a follow-up says nothing")).to_be_visible()
    page.locator("#field-pain").fill("3")
    page.get_by_label("some", exact=True).check()
    page.get_by_role("button", name="Add visit").click()
    expect(page.locator("#field-adverse_events-0-severity-fault")).to_be_visible()
    page.locator("#field-adverse_events-0-kind").select_option("bleeding")
    page.locator("#field-adverse_events-0-severity").select_option("mild")
    page.get_by_role("button", name="Add visit").click()
    row = page.locator(".visits tbody tr", has_text="2026-04")
    expect(row).to_contain_text("bleeding, 1 mild")
    expect(page.locator("#caution")).to_have_text(CAUTION)
    expect(page.locator("#placement")).to_contain_text("Probably in the recess")
    assert page.locator(".record-view .scroll").evaluate_all(
        "all => all.map(box => box.scrollWidth - box.clientWidth)"
    ) == [0, 0]
    keep(page, "record", tmp_path)


def test_the_procedure_leads_to_its_record(procedure: str, page: Page) -> None:
    page.goto(procedure)
    page.locator(f'a[href="/procedures/{procedure.rsplit("/")[-1]}/record"]').click()
    expect(page).to_have_url(f"{procedure}/record")
    expect(page).to_have_title("Record · SonoPlace")


def test_a_record_that_comes_late_keeps_its_address(procedure: str, page: Page) -> None:
    """The procedure names its frame in the address after a rest; by then the address can be the record's."""
    held: list[sync_api.Route] = []

    def hold(route: sync_api.Route) -> None:
        held.append(route)

    page.route("**/assets/record-*.js", hold)
    page.goto(f"{procedure}?frame=1")
    expect(page.locator("#picture")).to_have_attribute("data-frame", "0")
    link = page.locator(f'a[href="/procedures/{procedure.rsplit("/")[-1]}/record"]')
    with page.expect_request("**/assets/record-*.js"):
        link.evaluate(_STEP_AND_FOLLOW)  # at once: however slow the machine is, the rest is not over
    expect(page).to_have_url(f"{procedure}/record")
    page.wait_for_timeout(600)  # longer than the rest: nothing else tells that no change of the address comes
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page).to_have_title("Record · SonoPlace")
    expect(page).to_have_url(f"{procedure}/record")
