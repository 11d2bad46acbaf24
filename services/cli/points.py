"""`doorstep points`: does the ledger of points hold?"""

import sys

import click

from services.cli.installation import context_of
from services.cli.refusals import EXIT_REFUSED, explained
from services.volunteers.audit import audit as audit_ledger


@click.group()
def points() -> None:
    """The ledger of points."""


@points.command()
@explained()
def audit() -> None:
    """Check that every point has its cause and that all sums agree; status 1 with findings.

    services/volunteers/README.md says what each finding means.
    """
    findings = audit_ledger(context_of("volunteers").db)
    for finding in findings:
        click.echo(f"{finding.code}: {', '.join(finding.ids)}: {finding.detail}")
    if findings:
        click.echo(f"{len(findings)} findings.", err=True)
        sys.exit(EXIT_REFUSED)
    click.echo("The ledger holds.")
