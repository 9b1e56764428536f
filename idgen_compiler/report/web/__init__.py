"""One page of HTML about a query and, where it was fitted, its sampler: values first, small pure renderers after."""
