"""How quickly sealed pages become evidence: by stage, as a whole, and beside dlt."""
