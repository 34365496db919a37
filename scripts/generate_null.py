"""Turn the values of null refits into pictures."""

from afterimage.contracts.jobs import job
from afterimage.generate.draw import draw_pictures

with job(snakemake):
    draw_pictures(
        snakemake.input,
        snakemake.output.pictures,
        dict(snakemake.wildcards.items()),
        generator=snakemake.params.generator["generator"],
        target=snakemake.params.target,
        device=snakemake.resources.device,
        seed=snakemake.params.seed,
        refits=snakemake.params.generator["null_refits"],
    )
