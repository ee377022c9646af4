"""What the quality and uncertainty benchmarks share: experiments, contestants, scores, pages."""
