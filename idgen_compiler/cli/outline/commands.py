"""Every command of `idgen`."""

from __future__ import annotations

from idgen_compiler.cli.catalog import catalog_app
from idgen_compiler.cli.check_graph import check_graph_command
from idgen_compiler.cli.compile import compile_command
from idgen_compiler.cli.demo import demo_command
from idgen_compiler.cli.fit import fit_command
from idgen_compiler.cli.kept.store import store_app
from idgen_compiler.cli.looking.diagnose import diagnose_command
from idgen_compiler.cli.looking.report import report_command
from idgen_compiler.cli.numbers.effect import effect_command
from idgen_compiler.cli.numbers.estimate import estimate_command
from idgen_compiler.cli.numbers.negative import WithNegativeNumbers
from idgen_compiler.cli.outline.root import root
from idgen_compiler.cli.pages.studio import studio_command
from idgen_compiler.cli.passes import passes_command
from idgen_compiler.cli.probability import probability_command
from idgen_compiler.cli.sample import sample_command
from idgen_compiler.cli.served.mcp import mcp_command
from idgen_compiler.cli.served.serve import serve_command
from idgen_compiler.cli.verify import verify_command

__all__ = ["app"]

app = root()
app.command("compile")(compile_command)
app.command("verify")(verify_command)
app.command("fit")(fit_command)
app.command("sample")(sample_command)
app.command("probability")(probability_command)
app.command("estimate", cls=WithNegativeNumbers)(estimate_command)
app.command("effect")(effect_command)
app.command("report")(report_command)
app.command("diagnose")(diagnose_command)
app.command("demo")(demo_command)
app.command("passes")(passes_command)
app.command("check-graph")(check_graph_command)
app.command("studio")(studio_command)
app.command("serve")(serve_command)
app.command("mcp")(mcp_command)
app.add_typer(catalog_app, name="catalog")
app.add_typer(store_app, name="store")
