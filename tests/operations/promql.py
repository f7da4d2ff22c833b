"""What a PromQL expression reads: the metrics it names, by Prometheus's own grammar."""

import promql_parser

from headgate import metrics

# Of Prometheus itself.
FOREIGN = ("up",)


def metrics_named(expr: str) -> list[str]:
    """Every metric that `expr` selects. Raises ValueError if it does not parse."""
    found: list[str] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name is not None, f"a selector without a name in {expr}"
            found.append(node.name)

    # Grafana puts a duration here before it asks.
    promql_parser.walk(promql_parser.parse(expr.replace("$__rate_interval", "1m")), visit)
    assert found, f"{expr} reads no metric"
    return found


def unknown_metrics(expr: str) -> list[str]:
    """The metrics of `expr` that no process exports."""
    known = {name for each in metrics.declared() for name in metrics.exported_names(each)}
    return [name for name in metrics_named(expr) if name not in known and name not in FOREIGN]
