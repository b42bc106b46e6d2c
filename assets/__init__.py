"""The pipeline's stages as Dagster assets."""
