"""Write the report: one page that needs nothing beside it."""

from afterimage.contracts.jobs import job
from afterimage.report.assemble import assemble_content, write_configuration
from afterimage.report.page import write_report

with job(snakemake):
    params, files = snakemake.params, snakemake.input
    content = assemble_content(
        params.configuration,
        simulated=params.simulated,
        metrics=files.metrics,
        audit=files.audit,
        neighbours=files.neighbours,
        cards=files.cards,
        channels=files.channels,
        ncsnr=files.ncsnr,
        time_resolved=files.time_resolved,
        compared=files.compared,
        figures=list(zip(params.figures, files.figures, strict=True)),
        links=params.logs,
    )
    write_configuration(snakemake.output.configuration, params.configuration)
    write_report(snakemake.output.page, content)
