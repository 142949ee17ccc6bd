from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("django_portal", "0002_payments")]

    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64)),
                ("customer", models.CharField(max_length=255)),
                ("offer", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=16)),
                ("subject", models.CharField(max_length=255)),
                ("shown_at", models.BigIntegerField()),
                ("taken_at", models.BigIntegerField(null=True)),
                ("dismissed_at", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "invoice_portal_offer",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "customer", "offer"), name="invoice_portal_offer_subject"
                    )
                ],
            },
        ),
    ]
