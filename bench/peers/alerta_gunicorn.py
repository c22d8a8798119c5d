"""How gunicorn serves alerta: with as many processes and threads as nagare has."""

worker_class = "gthread"
workers = 2
threads = 8
control_socket_disable = True
