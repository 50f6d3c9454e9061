"""How promises are shown by Grafana: one dashboard a service, and an overview, as the JSON that Grafana imports."""
