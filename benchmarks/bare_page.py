"""A page of Dash with nothing but one chart: what the loads of our pages are compared with. Served by gunicorn."""

import dash
import plotly.graph_objects as go
from dash import dcc, html

app = dash.Dash("bare")
_chart = dcc.Graph(id="chart", figure=go.Figure(go.Scatter(y=[day % 7 for day in range(700)])))
app.layout = html.Div(html.Div(html.Div(_chart, **{"data-graph": "chart"}), className="tm-area"), id="page")
server = app.server
