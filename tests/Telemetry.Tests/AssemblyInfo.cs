// Spans and metrics are the process's: what one test does would be exported by another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
