"""The five pipelines; they meet in the catalog alone."""
