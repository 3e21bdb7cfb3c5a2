PREFIX="/api/v1"
def login_form(*a): return None
